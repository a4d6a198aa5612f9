import { useEffect, useRef, useState } from 'preact/hooks';
import type { Ticket } from '../../kit/frames';
import { Button } from '../../kit/ui/Button';
import { Failure } from '../../kit/ui/Empty';
import { MenuButton } from '../../kit/ui/Menu';
import { Skeleton } from '../../kit/ui/Skeleton';
import type { Desk } from '../state/desk';
import { follow } from '../state/router';
import { reason } from '../state/session';
import { t as words } from '../words';
import { type Listed, type Query, type TicketPage, toAddress } from './model';
import { Due, PriorityBadge, nameOf } from './parts';
import { type TicketStatus, givable, nameOfStatus, useStatuses } from './statuses';
import { t } from './words';

const TYPE = 'application/x-monodesk-ticket';

/** Tickets in columns by status: moved by the pointer, by the arrow keys with Alt, or by each card's menu. */
export function Board({ desk, query }: { desk: Desk; query: Query }) {
  const w = t();
  const statuses = useStatuses(desk, true);
  const [pages, why, load] = usePages(desk, query, statuses);
  const frame = useRef<HTMLDivElement>(null);
  const moved = useRef<{ id: string; status: string } | null>(null);
  useEffect(() => {
    const { id, status } = moved.current ?? { id: '', status: '' };
    const link = id && frame.current?.querySelector<HTMLElement>(`[data-status="${status}"] [data-ticket="${id}"] a`);
    if (!link) return; // its column has not been told of it yet
    moved.current = null;
    link.focus();
  }, [pages]);
  if (why !== '' && pages === null)
    return (
      <Failure
        title={w.failed}
        reason={why}
        retry={
          <Button size="s" icon="refresh" onPress={load}>
            {words().retry}
          </Button>
        }
      />
    );
  if (pages === null) return <Skeleton label={w.loading} rows={6} face={false} />;
  const move = async (id: string, status: string): Promise<void> => {
    moved.current = { id, status };
    try {
      const { ticket } = await desk.api.patch<{ ticket: Ticket }>(`api/v1/tickets/${id}`, { status });
      desk.announcement.value = w.movedTo(ticket.number, nameOfStatus(status));
    } catch (error) {
      moved.current = null;
      desk.say(reason(error));
    }
    await load();
  };
  return (
    <div class="board" ref={frame}>
      {[...pages].map(([status, page]) => (
        <Column key={status} desk={desk} status={status} page={page} statuses={givable(statuses)} onMove={move} />
      ))}
    </div>
  );
}

type Pages = ReadonlyMap<string, TicketPage>;

/** A page of each status, of an archived one where tickets have it; fetched anew when a ticket changes anywhere. */
function usePages(
  desk: Desk,
  query: Query,
  statuses: readonly TicketStatus[],
): [Pages | null, string, () => Promise<void>] {
  const [pages, setPages] = useState<Pages | null>(null);
  const [why, setWhy] = useState('');
  const asked = useRef(0);
  const narrowed = toAddress({ ...query, category: '', status: '' });
  const ids = statuses.map(({ id }) => id);
  const { round } = desk.tickets.value;
  const load = async (): Promise<void> => {
    const mine = (asked.current += 1);
    if (ids.length === 0) return; // they are on their way
    try {
      const found = await Promise.all(
        ids.map(async (status) => {
          const page = await desk.api.get<TicketPage>(`api/v1/tickets?${narrowed}${narrowed && '&'}status=${status}`);
          return [status, page] as const;
        }),
      );
      if (mine !== asked.current) return;
      const over = new Set(statuses.filter(({ archived }) => archived).map(({ id }) => id));
      setPages(new Map(found.filter(([status, page]) => !over.has(status) || page.tickets.length > 0)));
      setWhy('');
    } catch (error) {
      if (mine === asked.current) setWhy(reason(error));
    }
  };
  useEffect(() => void load(), [narrowed, round, ids.join()]);
  return [pages, why, load];
}

interface ColumnProps {
  desk: Desk;
  status: string;
  page: TicketPage;
  /** Those that a card can be moved to. */
  statuses: readonly TicketStatus[];
  onMove: (id: string, status: string) => Promise<void>;
}

function Column({ desk, status, page, statuses, onMove }: ColumnProps) {
  const w = t();
  const [over, setOver] = useState(false);
  const count = page.counts[status] ?? 0;
  const drop = (event: DragEvent): void => {
    setOver(false);
    const id = event.dataTransfer?.getData(TYPE);
    if (!id) return;
    event.preventDefault();
    if (!page.tickets.some(({ ticket }) => ticket.id === id)) void onMove(id, status);
  };
  return (
    <section
      class={over ? 'board-column over' : 'board-column'}
      aria-label={`${nameOfStatus(status)} ${count}`}
      data-status={status}
      onDragOver={(event) => {
        if (!event.dataTransfer?.types.includes(TYPE)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <h2>
        {nameOfStatus(status)} <span class="t2 num">{count}</span>
      </h2>
      <ul>
        {page.tickets.map((row) => (
          <Card key={row.ticket.id} desk={desk} row={row} statuses={statuses} onMove={onMove} />
        ))}
      </ul>
      {page.next !== null && <p class="small t2">{w.moreInList(count - page.tickets.length)}</p>}
    </section>
  );
}

type CardProps = Pick<ColumnProps, 'desk' | 'statuses' | 'onMove'> & { row: Listed };

function Card({ desk, row: { ticket, contact }, statuses, onMove }: CardProps) {
  const w = t();
  const path = `tickets/${ticket.id}`;
  const may = desk.may('tickets.write');
  const place = statuses.findIndex(({ id }) => id === ticket.status);
  const press = (event: KeyboardEvent): void => {
    const step = event.altKey ? { ArrowLeft: -1, ArrowRight: 1 }[event.key] : undefined;
    const next = step === undefined ? undefined : statuses[place + step];
    if (!may || next === undefined) return;
    event.preventDefault(); // Alt with an arrow is the browser's Back otherwise
    void onMove(ticket.id, next.id);
  };
  return (
    <li
      class="board-card"
      data-ticket={ticket.id}
      draggable={may}
      onDragStart={(event) => event.dataTransfer?.setData(TYPE, ticket.id)}
      onKeyDown={press}
    >
      <div class="row">
        <a class="grow ticket-link" href={desk.hrefOf(path)} onClick={follow(desk.router, path)} aria-keyshortcuts={may ? 'Alt+ArrowLeft Alt+ArrowRight' : undefined}>
          <span class="t3 num">#{ticket.number}</span> {ticket.title}
        </a>
        {may && (
          <MenuButton
            kind="ghost"
            size="s"
            icon="swap"
            label={w.moveTicket(ticket.number)}
            items={statuses
              .filter(({ id }) => id !== ticket.status)
              .map(({ id }) => ({ key: id, label: nameOfStatus(id), onChoose: () => void onMove(ticket.id, id) }))}
          />
        )}
      </div>
      <div class="row wrap small t3">
        <PriorityBadge priority={ticket.priority} />
        <span class="cut grow">{nameOf(contact)}</span>
        {ticket.due_at !== null && <Due ticket={ticket} now={desk.now.peek()} />}
      </div>
    </li>
  );
}
