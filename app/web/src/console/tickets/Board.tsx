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
import { type Listed, type Query, STATUSES, type TicketPage, type TicketStatus, toAddress } from './model';
import { Due, PriorityBadge, nameOf } from './parts';
import { t } from './words';

const TYPE = 'application/x-monodesk-ticket';

/** Tickets in columns by status: moved by the pointer, by the arrow keys with Alt, or by each card's menu. */
export function Board({ desk, query }: { desk: Desk; query: Query }) {
  const w = t();
  const [pages, why, load] = usePages(desk, query);
  const frame = useRef<HTMLDivElement>(null);
  const moved = useRef<{ id: string; status: TicketStatus } | null>(null);
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
  const move = async (id: string, status: TicketStatus): Promise<void> => {
    moved.current = { id, status };
    try {
      const { ticket } = await desk.api.patch<{ ticket: Ticket }>(`api/v1/tickets/${id}`, { status });
      desk.announcement.value = w.movedTo(ticket.number, w.statuses[status] ?? status);
    } catch (error) {
      moved.current = null;
      desk.say(reason(error));
    }
    await load();
  };
  return (
    <div class="board" ref={frame}>
      {STATUSES.map((status) => (
        <Column key={status} desk={desk} status={status} page={pages[status]} onMove={move} />
      ))}
    </div>
  );
}

type Pages = Readonly<Record<TicketStatus, TicketPage>>;

/** A page of each status, fetched anew when a ticket changes anywhere. */
function usePages(desk: Desk, query: Query): [Pages | null, string, () => Promise<void>] {
  const [pages, setPages] = useState<Pages | null>(null);
  const [why, setWhy] = useState('');
  const asked = useRef(0);
  const narrowed = toAddress({ ...query, category: '' });
  const { round } = desk.tickets.value;
  const load = async (): Promise<void> => {
    const mine = (asked.current += 1);
    try {
      const found = await Promise.all(
        STATUSES.map((status) =>
          desk.api.get<TicketPage>(`api/v1/tickets?${narrowed}${narrowed && '&'}status=${status}`),
        ),
      );
      if (mine !== asked.current) return;
      setPages(Object.fromEntries(STATUSES.map((status, place) => [status, found[place]])) as Pages);
      setWhy('');
    } catch (error) {
      if (mine === asked.current) setWhy(reason(error));
    }
  };
  useEffect(() => void load(), [narrowed, round]);
  return [pages, why, load];
}

interface ColumnProps {
  desk: Desk;
  status: TicketStatus;
  page: TicketPage;
  onMove: (id: string, status: TicketStatus) => Promise<void>;
}

function Column({ desk, status, page, onMove }: ColumnProps) {
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
      aria-label={`${w.statuses[status]} ${count}`}
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
        {w.statuses[status]} <span class="t2 num">{count}</span>
      </h2>
      <ul>
        {page.tickets.map((row) => (
          <Card key={row.ticket.id} desk={desk} row={row} onMove={onMove} />
        ))}
      </ul>
      {page.next !== null && <p class="small t2">{w.moreInList(count - page.tickets.length)}</p>}
    </section>
  );
}

function Card({ desk, row: { ticket, contact }, onMove }: { desk: Desk; row: Listed; onMove: ColumnProps['onMove'] }) {
  const w = t();
  const path = `tickets/${ticket.id}`;
  const may = desk.may('tickets.write');
  const place = STATUSES.findIndex((status) => status === ticket.status);
  const press = (event: KeyboardEvent): void => {
    const step = event.altKey ? { ArrowLeft: -1, ArrowRight: 1 }[event.key] : undefined;
    const next = step === undefined ? undefined : STATUSES[place + step];
    if (!may || next === undefined) return;
    event.preventDefault(); // Alt with an arrow is the browser's Back otherwise
    void onMove(ticket.id, next);
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
            items={STATUSES.filter((status) => status !== ticket.status).map((status) => ({
              key: status,
              label: w.statuses[status] ?? status,
              onChoose: () => void onMove(ticket.id, status),
            }))}
          />
        )}
      </div>
      <div class="row small t3">
        <PriorityBadge priority={ticket.priority} />
        <span class="cut grow">{nameOf(contact)}</span>
        {ticket.due_at !== null && <Due ticket={ticket} now={desk.now.peek()} />}
      </div>
    </li>
  );
}
