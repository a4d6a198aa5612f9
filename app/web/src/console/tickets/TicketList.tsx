import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Empty, Failure } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { Segment } from '../../kit/ui/Tabs';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import { follow } from '../state/router';
import { reason } from '../state/session';
import { shortTime } from '../times';
import { t as words } from '../words';
import { Board } from './Board';
import { NewTicket } from './NewTicket';
import { type OwnField, nameOfField, useOwnFields } from '../fields/model';
import { OwnFilter } from './OwnFilter';
import { News } from './News';
import { Bulk, Views } from './Views';
import {
  CATEGORIES,
  type Category,
  type Listed,
  PRIORITIES,
  type Query,
  SORTS,
  type TicketPage,
  fromAddress,
  toAddress,
} from './model';
import { Due, PriorityBadge, StatusBadge, colleagues, nameOf, teams } from './parts';
import { type TicketStatus, givable, nameOfStatus, useStatuses } from './statuses';
import { t } from './words';

const PAUSE_MS = 250;

/** All tickets that the agent may see, narrowed by what stands in the address. */
export function TicketList() {
  const desk = useDesk();
  const w = t();
  const route = desk.router.route.value;
  const search = route.page === 'tickets' ? route.query : '';
  const query = fromAddress(search);
  const board = new URLSearchParams(search).get('show') === 'board';
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [adding, setAdding] = useState(false);
  const page = usePage(desk, query);
  const statuses = useStatuses(desk);
  const fields = useOwnFields(desk, 'ticket');
  const go = (wanted: Query, asBoard = board): void => desk.router.go(addressOf(wanted, asBoard), 'replace');
  const narrow = (change: Query): void => go({ ...query, ...change });
  const here = page.held?.tickets.map(({ ticket }) => ticket.id).filter((id) => chosen.has(id)) ?? [];
  const may = desk.may('tickets.write');
  return (
    <div class="scroll">
      <div class="tickets-body">
        <div class="tickets-title">
          <h1>{w.title}</h1>
          <Button
            kind="prime"
            icon="plus"
            disabled={!may}
            reason={may ? undefined : words().notAllowed}
            onPress={() => setAdding(true)}
          >
            {w.add}
          </Button>
        </div>
        <div class="ticket-marks">
          <Segment
            label={w.show}
            chosen={board ? 'board' : 'list'}
            tabs={[
              { key: 'list' as const, label: w.list },
              { key: 'board' as const, label: w.board },
            ]}
            onChoose={(show) => go(query, show === 'board')}
          />
          <News desk={desk} />
          <Views desk={desk} query={query} onChoose={(wanted) => go(wanted)} />
        </div>
        <Filters desk={desk} query={query} page={page.held} statuses={statuses} fields={fields} board={board} onNarrow={narrow} />
        {!board && here.length > 0 && (
          <Bulk desk={desk} ids={here} choices={bulkChoices(desk, statuses)} onDone={() => setChosen(new Set())} />
        )}
        {board ? (
          <Board desk={desk} query={query} />
        ) : (
          <Rows desk={desk} fields={fields} query={query} page={page} chosen={chosen} onChosen={setChosen} onClear={() => go({})} />
        )}
      </div>
      {adding && <NewTicket onClose={() => setAdding(false)} />}
    </div>
  );
}

function addressOf(query: Query, board: boolean): string {
  const said = [toAddress(query), board ? 'show=board' : ''].filter(Boolean).join('&');
  return said ? `tickets?${said}` : 'tickets';
}

/** What can be done with many at once. */
function bulkChoices(desk: Desk, statuses: readonly TicketStatus[]) {
  const w = t();
  const nothing = (): void => undefined;
  return [
    ...givable(statuses).map(({ id: status }) => ({
      key: status,
      label: w.statusTo(nameOfStatus(status)),
      change: { status } as object,
      onChoose: nothing,
    })),
    ...PRIORITIES.map((priority) => ({
      key: String(priority),
      label: w.priorityTo(w.priorities[priority] ?? ''),
      change: { priority } as object,
      onChoose: nothing,
    })),
    { key: 'me', label: w.toMe, change: { assignee_id: desk.me.agent.id } as object, onChoose: nothing },
    { key: 'nobody', label: w.toNobody, change: { assignee_id: null } as object, onChoose: nothing },
  ];
}

interface Held {
  readonly held: TicketPage | null;
  readonly why: string;
  readonly again: () => void;
  readonly more: () => void;
}

/** The page that fits; fetched anew when a ticket changes anywhere. An older answer never replaces a newer one. */
function usePage(desk: Desk, query: Query): Held {
  const [held, setHeld] = useState<TicketPage | null>(null);
  const [why, setWhy] = useState('');
  const [tries, setTries] = useState(0);
  const round = useRef(0);
  const asked = toAddress(query);
  const path = `api/v1/tickets${asked && `?${asked}`}`;
  const { round: told } = desk.tickets.value;
  useEffect(() => {
    const mine = (round.current += 1);
    const timer = setTimeout(
      () => {
        desk.api.get<TicketPage>(path).then(
          (page) => {
            if (mine !== round.current) return;
            setHeld(page);
            setWhy('');
          },
          (error: unknown) => mine === round.current && setWhy(reason(error)),
        );
      },
      held === null ? 0 : PAUSE_MS,
    );
    return () => clearTimeout(timer);
  }, [path, told, tries]);
  const more = (): void => {
    if (!held?.next) return;
    const mine = (round.current += 1);
    desk.api.get<TicketPage>(`${path}${asked ? '&' : '?'}before=${encodeURIComponent(held.next)}`).then(
      (page) => mine === round.current && setHeld({ ...page, tickets: [...held.tickets, ...page.tickets] }),
      (error: unknown) => desk.say(reason(error)),
    );
  };
  return { held, why, again: () => setTries(tries + 1), more };
}

interface FiltersProps {
  desk: Desk;
  query: Query;
  page: TicketPage | null;
  statuses: readonly TicketStatus[];
  fields: readonly OwnField[];
  /** The board shows every state in a column of its own. */
  board: boolean;
  onNarrow: (change: Query) => void;
}

function Filters({ desk, query, page, statuses, fields, board, onNarrow }: FiltersProps) {
  const w = t();
  const asking = fields.filter(({ id, archived }) => !archived || id === query.field || id === query.sort_field);
  const asked = statuses.filter(
    ({ id, category }) =>
      id === query.status || (page?.counts[id] !== undefined && [undefined, category].includes(query.category as Category)),
  );
  return (
    <>
      {!board && (
        <Segment
          label={w.category}
          chosen={CATEGORIES.find((category) => category === query.category) ?? 'all'}
          tabs={[
            ...CATEGORIES.map((category) => ({
              key: category,
              label: `${w.categories[category]} ${page?.categories[category] ?? 0}`,
            })),
            { key: 'all' as const, label: w.categories.all },
          ]}
          onChoose={(category) => onNarrow({ category: category === 'all' ? '' : category, status: '' })}
        />
      )}
      <div class="ticket-filters">
        <TextField label={w.find} value={query.q ?? ''} onInput={(q) => onNarrow({ q })} />
        {!board && (
          <SelectField
            label={w.status}
            value={query.status ?? ''}
            choices={[{ value: '', label: w.anyStatus }, ...asked.map(({ id }) => ({ value: id, label: nameOfStatus(id) }))]}
            onChange={(status) => onNarrow({ status })}
          />
        )}
        <SelectField
          label={w.assignee}
          value={query.assignee ?? ''}
          choices={[
            { value: '', label: w.anybody },
            { value: 'me', label: w.me },
            { value: 'none', label: w.nobody },
            ...colleagues(desk).filter(({ value }) => value !== desk.me.agent.id),
          ]}
          onChange={(assignee) => onNarrow({ assignee })}
        />
        <SelectField
          label={w.team}
          value={query.team ?? ''}
          choices={[{ value: '', label: w.anyTeam }, { value: 'none', label: w.noTeam }, ...teams(desk)]}
          onChange={(team) => onNarrow({ team })}
        />
        <SelectField
          label={w.priority}
          value={query.priority ?? ''}
          choices={[
            { value: '', label: w.anyPriority },
            ...PRIORITIES.map((priority) => ({ value: String(priority), label: w.priorities[priority] ?? '' })),
          ]}
          onChange={(priority) => onNarrow({ priority })}
        />
        <SelectField
          label={w.sort}
          value={query.sort_field ? `${query.sort ?? 'field'} ${query.sort_field}` : (query.sort ?? 'updated')}
          choices={[
            ...SORTS.map((sort) => ({ value: sort as string, label: w.sorts[sort] })),
            ...asking.flatMap((field) => [
              { value: `field ${field.id}`, label: w.byField(nameOfField(field)) },
              { value: `field_last ${field.id}`, label: w.byFieldLast(nameOfField(field)) },
            ]),
          ]}
          onChange={(chosen) => {
            const [sort = '', field = ''] = chosen.split(' ');
            onNarrow({ sort: sort === 'updated' ? '' : sort, sort_field: field });
          }}
        />
        <OwnFilter fields={asking} query={query} onNarrow={onNarrow} />
      </div>
      <div class="ticket-marks">
        <Button size="s" icon="eye" pressed={query.watching === '1'} onPress={() => onNarrow({ watching: query.watching ? '' : '1' })}>
          {w.watching}
        </Button>
        <Button size="s" icon="clock" pressed={query.overdue === '1'} onPress={() => onNarrow({ overdue: query.overdue ? '' : '1' })}>
          {w.overdue}
        </Button>
      </div>
    </>
  );
}

interface RowsProps {
  desk: Desk;
  fields: readonly OwnField[];
  query: Query;
  page: Held;
  chosen: ReadonlySet<string>;
  onChosen: (chosen: ReadonlySet<string>) => void;
  onClear: () => void;
}

function Rows({ desk, fields, query, page, chosen, onChosen, onClear }: RowsProps) {
  const w = t();
  const { held, why, again, more } = page;
  const shown = fields.filter(({ id }) => id === query.field || id === query.sort_field);
  if (why !== '')
    return (
      <Failure
        title={w.failed}
        reason={why}
        retry={
          <Button size="s" icon="refresh" onPress={again}>
            {words().retry}
          </Button>
        }
      />
    );
  if (held === null) return <Skeleton label={w.loading} rows={6} face={false} />;
  if (held.tickets.length === 0 && toAddress(query) === '')
    return (
      <Empty icon="ticket" title={w.none}>
        {w.noneNext}
      </Empty>
    );
  if (held.tickets.length === 0)
    return (
      <Empty icon="ticket" title={w.noneFits} action={<Button onPress={onClear}>{w.clear}</Button>}>
        {w.noneFitsNext}
      </Empty>
    );
  return (
    <>
      <Table fold label={w.title} head={[w.ticket, w.customer, ...shown.map(nameOfField), w.status, w.priority, w.assignee, w.due, w.changed]}>
        {held.tickets.map((row) => (
          <Row
            key={row.ticket.id}
            desk={desk}
            row={row}
            shown={shown}
            chosen={chosen.has(row.ticket.id)}
            onChosen={(on) => {
              const next = new Set(chosen);
              if (on) next.add(row.ticket.id);
              else next.delete(row.ticket.id);
              onChosen(next);
            }}
          />
        ))}
      </Table>
      {held.next !== null && (
        <Button kind="ghost" onPress={more}>
          {w.more}
        </Button>
      )}
    </>
  );
}

interface RowProps {
  desk: Desk;
  row: Listed;
  /** The desk's own fields that the list is about. */
  shown: readonly OwnField[];
  chosen: boolean;
  onChosen: (on: boolean) => void;
}

function Row({ desk, row: { ticket, contact }, shown, chosen, onChosen }: RowProps) {
  const now = desk.now.peek();
  const path = `tickets/${ticket.id}`;
  return (
    <tr>
      <td class="ticket-what">
        <div class="ticket-name">
          {desk.may('tickets.write') && (
            <label class="ticket-choose">
              <input
                type="checkbox"
                class="box"
                aria-label={t().choose(ticket.number)}
                checked={chosen}
                onChange={(event) => onChosen(event.currentTarget.checked)}
              />
            </label>
          )}
          <a class="ticket-link" href={desk.hrefOf(path)} onClick={follow(desk.router, path)}>
            <span class="t3 num">#{ticket.number}</span> <span class="mid">{ticket.title}</span>
          </a>
        </div>
      </td>
      <td>{nameOf(contact)}</td>
      {shown.map(({ id, kind }) => (
        <td key={id}>{kind === 'checkbox' && ticket.fields[id] ? '✓' : (ticket.fields[id] ?? <span class="t3">–</span>)}</td>
      ))}
      <td>
        <StatusBadge ticket={ticket} />
      </td>
      <td>
        <PriorityBadge priority={ticket.priority} />
      </td>
      <td>{ticket.assignee_id ? desk.nameOf(ticket.assignee_id) : <span class="t3">{t().nobody}</span>}</td>
      <td>
        <Due ticket={ticket} now={now} />
      </td>
      <td class="small t3 num">{shortTime(ticket.updated_at, now)}</td>
    </tr>
  );
}
