/** What the server finds while one types: messages and tickets by their words, customers by name, address or number. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Contact, Ticket } from '../../kit/frames';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import type { Hit } from './options';

interface Hits {
  readonly results: readonly Hit[];
  readonly next: string | null;
}

export interface Found {
  readonly phase: 'idle' | 'busy' | 'ready' | 'failed';
  readonly contacts: readonly Contact[];
  readonly tickets: readonly Ticket[];
  readonly hits: readonly Hit[];
  readonly next: string | null;
  readonly why: string;
}

const NOTHING: Found = { phase: 'idle', contacts: [], tickets: [], hits: [], next: null, why: '' };
const CONTACTS_MAX = 5;
const TICKETS_MAX = 5;
const PAUSE_MS = 180;

/** Asks when the fingers rest; an older answer never replaces a newer one. */
export function useFound(desk: Desk, query: string): [Found, () => void] {
  const [found, setFound] = useState(NOTHING);
  const round = useRef(0);
  const failed = (mine: number) => (error: unknown): void => {
    if (mine === round.current) setFound((before) => ({ ...before, phase: 'failed', why: reason(error) }));
  };
  const ask = (): void => {
    const mine = (round.current += 1);
    const q = encodeURIComponent(query);
    const contacts = desk.may('contacts.read')
      ? desk.api.get<{ contacts: readonly Contact[] }>(`api/v1/contacts?q=${q}`)
      : Promise.resolve({ contacts: [] });
    const tickets = desk.may('tickets.read')
      ? desk.api.get<{ tickets: readonly { ticket: Ticket }[] }>(`api/v1/tickets?q=${q}&limit=${TICKETS_MAX}`)
      : Promise.resolve({ tickets: [] });
    Promise.all([contacts, tickets, desk.api.get<Hits>(`api/v1/search?q=${q}`)]).then(([people, matters, said]) => {
      if (mine !== round.current) return;
      const known = people.contacts.slice(0, CONTACTS_MAX);
      const followed = matters.tickets.map(({ ticket }) => ticket);
      setFound({ phase: 'ready', contacts: known, tickets: followed, hits: said.results, next: said.next, why: '' });
    }, failed(mine));
  };
  const more = (): void => {
    if (found.next === null) return ask();
    const mine = (round.current += 1);
    const place = encodeURIComponent(found.next);
    desk.api.get<Hits>(`api/v1/search?q=${encodeURIComponent(query)}&before=${place}`).then(({ results, next }) => {
      if (mine === round.current) setFound({ ...found, phase: 'ready', hits: [...found.hits, ...results], next });
    }, failed(mine));
  };
  useEffect(() => {
    round.current += 1;
    if (query === '') {
      setFound(NOTHING);
      return undefined;
    }
    setFound((before) => ({ ...before, phase: 'busy' }));
    const timer = setTimeout(ask, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [query]);
  return [found, more];
}
