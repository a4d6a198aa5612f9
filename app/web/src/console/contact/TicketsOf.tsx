import { useEffect, useState } from 'preact/hooks';
import { Badge } from '../../kit/ui/Badge';
import type { Ticket } from '../../kit/frames';
import type { Desk } from '../state/desk';
import { follow } from '../state/router';
import { nameOfStatus, useStatuses } from '../tickets/statuses';
import { t } from './words';

/** The tickets of a customer, or of an organisation's, the last changed first; nothing where there are none. */
export function TicketsOf({ desk, contact, organisation }: { desk: Desk; contact?: string; organisation?: string }) {
  const w = t();
  const [tickets, setTickets] = useState<readonly Ticket[]>([]);
  const may = desk.may('tickets.read');
  useStatuses(desk, true);
  const { round } = desk.tickets.value;
  useEffect(() => {
    if (!may) return undefined;
    const aborter = new AbortController();
    desk.api
      .get<{ tickets: readonly { ticket: Ticket }[] }>(`api/v1/tickets?${organisation ? `organisation=${organisation}` : `contact=${contact ?? ''}`}&limit=20`, { signal: aborter.signal })
      .then(
        (page) => setTickets(page.tickets.map(({ ticket }) => ticket)),
        () => undefined, // what is held stays; the next change asks again
      );
    return () => aborter.abort();
  }, [contact, organisation, round, may]);
  if (tickets.length === 0) return null;
  return (
    <section class="sec">
      <h3>
        {w.tickets}
        <span class="t3 num">{tickets.length}</span>
      </h3>
      <ul>
        {tickets.map(({ id, number, title, status, category }) => (
          <li key={id}>
            <a class="past" href={desk.hrefOf(`tickets/${id}`)} onClick={follow(desk.router, `tickets/${id}`)}>
              <span class="t3 num">#{number}</span>
              <span class="cut grow">{title}</span>
              <Badge tone={category === 'done' ? 'ok' : 'info'}>{nameOfStatus(status)}</Badge>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
