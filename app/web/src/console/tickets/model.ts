/** Tickets as the API tells them, and what a list of them is narrowed to. */
import type { Contact, Conversation, Speaker, Ticket } from '../../kit/frames';

export const TYPES = ['question', 'problem', 'request', 'task', 'message'] as const;
export type TicketType = (typeof TYPES)[number];
export const PRIORITIES = [4, 3, 2, 1] as const;
export type TicketPriority = (typeof PRIORITIES)[number];
export const CATEGORIES = ['open', 'waiting', 'done'] as const;
export type Category = (typeof CATEGORIES)[number];
export const SORTS = ['updated', 'created', 'due', 'priority'] as const;

export interface Listed {
  readonly ticket: Ticket;
  readonly contact: Contact | null;
}

export interface TicketPage {
  readonly tickets: readonly Listed[];
  readonly next: string | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly categories: Readonly<Record<string, number>>;
}

export interface Change {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

export interface Entry {
  readonly seq: number;
  readonly kind: string;
  readonly actor: Speaker;
  readonly at: number;
  readonly text: string;
  readonly changes: readonly Change[];
}

export interface Reference {
  readonly system: string;
  readonly reference: string;
  readonly url: string;
}

export interface Detail {
  readonly ticket: Ticket;
  readonly contact: Contact | null;
  readonly entries: readonly Entry[];
  readonly more: boolean;
  readonly conversations: readonly Conversation[];
  readonly hidden: number;
  readonly references: readonly Reference[];
  readonly watchers: readonly string[];
  readonly merged: readonly Ticket[];
}

/** What can narrow a list, as the address and the API call it. */
export const NARROWS = ['category', 'status', 'assignee', 'team', 'priority', 'type', 'watching', 'overdue', 'q', 'field', 'value', 'sort', 'sort_field'] as const;
export type Narrow = (typeof NARROWS)[number];
export type Query = Readonly<Partial<Record<Narrow, string>>>;

/** What an address narrows the list to: names that nobody knows, and empty ones, are dropped. */
export function fromAddress(search: string): Query {
  const parameters = new URLSearchParams(search);
  const known = NARROWS.map((name) => [name, parameters.get(name) ?? ''] as const);
  return Object.fromEntries(known.filter(([, value]) => value !== ''));
}

/** The same as a query string, in a fixed order. */
export function toAddress(query: Query): string {
  const said = NARROWS.map((name) => [name, query[name] ?? ''] as const).filter(([, value]) => value !== '');
  return new URLSearchParams(said.map(([name, value]) => [name, value])).toString();
}

/** The end of a local day, in milliseconds; null for no day. */
export function endOfDay(day: string): number | null {
  const [year = Number.NaN, month = Number.NaN, date = Number.NaN] = day.split('-').map(Number);
  const at = new Date(year, month - 1, date, 23, 59, 59).getTime();
  return Number.isNaN(at) ? null : at;
}

/** The local day of a moment, as a date field holds it. */
export function dayOf(at: number | null): string {
  if (at === null) return '';
  const day = new Date(at);
  return [
    String(day.getFullYear()).padStart(4, '0'),
    String(day.getMonth() + 1).padStart(2, '0'),
    String(day.getDate()).padStart(2, '0'),
  ].join('-');
}

/** Whether it was due and is not done. */
export function overdue({ due_at: due, category }: Ticket, now: number): boolean {
  return due !== null && due < now && category !== 'done';
}

/** Who is named in a text as @name, by id; of two names that begin alike the longer one. */
export function namedIn(text: string, people: readonly { value: string; label: string }[]): readonly string[] {
  const byLength = [...people].sort((one, other) => other.label.length - one.label.length);
  let rest = text;
  const found: string[] = [];
  for (const { value, label } of byLength) {
    if (label === '' || !rest.includes(`@${label}`)) continue;
    found.push(value);
    rest = rest.replaceAll(`@${label}`, '');
  }
  return found;
}
