import { useEffect, useRef, useState } from 'preact/hooks';
import type { Ticket } from '../../kit/frames';
import { Problem } from '../../kit/api';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty, Failure } from '../../kit/ui/Empty';
import { TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import { SaveForm } from '../settings/SaveForm';
import { type Desk, useDesk } from '../state/desk';
import { follow } from '../state/router';
import { reason } from '../state/session';
import { t as words } from '../words';
import { Facts } from './Facts';
import { History } from './History';
import { MergeDialog, MergedHere, MergedInto } from './Merging';
import { useOwnFields } from '../fields/model';
import { Links } from './Links';
import type { Detail } from './model';
import { StatusBadge } from './parts';
import { useStatuses } from './statuses';
import { t } from './words';

/** What the parts of a ticket's page do with it; each change is told to the others by the line. */
export interface Held {
  readonly desk: Desk;
  readonly detail: Detail;
  readonly may: boolean;
  /** Asks the server to change it, says what was refused, and shows what it is then. */
  readonly act: (work: () => Promise<unknown>) => Promise<boolean>;
}

/** One ticket: what it is about, its history, its facts and links. */
export function TicketDetail({ id }: { id: string }) {
  const desk = useDesk();
  const w = t();
  const [detail, why, load] = useDetail(desk, id);
  const fields = useOwnFields(desk, 'ticket');
  useStatuses(desk);
  const [merging, setMerging] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const news = desk.ticketNews.notices.value.some(({ seen, ticket_id: whose }) => !seen && whose === id);
  useEffect(() => {
    if (news && detail !== null) void desk.ticketNews.see(id).catch((error: unknown) => desk.say(reason(error)));
  }, [id, news, detail !== null]);
  useEffect(() => {
    if (detail) heading.current?.focus();
  }, [detail !== null]);
  if (why instanceof Problem && why.status === 404)
    return (
      <Empty icon="lock" title={w.gone} action={<Button onPress={() => desk.router.go('tickets')}>{w.back}</Button>}>
        {w.goneNext}
      </Empty>
    );
  if (why !== null && detail === null)
    return (
      <Failure
        title={w.failed}
        reason={reason(why)}
        retry={
          <Button size="s" icon="refresh" onPress={load}>
            {words().retry}
          </Button>
        }
      />
    );
  if (detail === null) return <Skeleton label={w.loading} rows={8} face={false} />;
  const act = async (work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      desk.say(reason(error));
      return false;
    } finally {
      load();
    }
  };
  const writes = desk.may('tickets.write');
  const may = writes && detail.ticket.merged_into === null;
  const held: Held = { desk, detail, act, may };
  return (
    <div class="scroll">
      <div class="tickets-body">
        <a class="ticket-back" href={desk.hrefOf('tickets')} onClick={follow(desk.router, 'tickets')}>
          {w.back}
        </a>
        <div class="tickets-title">
          <h1 ref={heading} tabIndex={-1}>
            <span class="t3 num">#{detail.ticket.number}</span> {detail.ticket.title}
          </h1>
          <span class="row">
            <StatusBadge ticket={detail.ticket} />
            {may && (
              <Button icon="merge" onPress={() => setMerging(true)}>
                {w.merge}
              </Button>
            )}
          </span>
        </div>
        <MergedInto held={held} may={writes} />
        {merging && <MergeDialog held={held} onClose={() => setMerging(false)} />}
        <div class="ticket-columns">
          <div class="ticket-main">
            <About held={held} />
            <MergedHere held={held} />
            <History held={held} fields={fields} />
          </div>
          <div class="ticket-side">
            <Facts held={held} fields={fields} />
            <Links held={held} />
          </div>
        </div>
      </div>
    </div>
  );
}

function useDetail(desk: Desk, id: string): [Detail | null, unknown, () => void] {
  const [detail, setDetail] = useState<Detail | null>(null);
  const [why, setWhy] = useState<unknown>(null);
  const [round, setRound] = useState(0);
  const asked = useRef(0);
  const { round: told, id: whose } = desk.tickets.value;
  const mineTold = useRef(0);
  if (whose === '' || whose === id) mineTold.current = told;
  useEffect(() => {
    const mine = (asked.current += 1);
    desk.api.get<Detail>(`api/v1/tickets/${id}`).then(
      (answer) => {
        if (mine !== asked.current) return;
        setDetail(answer);
        setWhy(null);
      },
      (error: unknown) => mine === asked.current && setWhy(error),
    );
  }, [id, round, mineTold.current]);
  return [detail, why, () => setRound((before) => before + 1)];
}

/** What it is about, and the form that changes it. */
function About({ held }: { held: Held }) {
  const w = t();
  const { ticket } = held.detail;
  const [editing, setEditing] = useState(false);
  return (
    <Card
      title={w.description}
      action={
        held.may &&
        !editing && (
          <Button kind="ghost" size="s" icon="pen" onPress={() => setEditing(true)}>
            {w.edit}
          </Button>
        )
      }
    >
      {editing ? (
        <Words held={held} ticket={ticket} onDone={() => setEditing(false)} />
      ) : (
        <p class="card-body ticket-words">{ticket.description || <span class="t3">–</span>}</p>
      )}
    </Card>
  );
}

function Words({ held, ticket, onDone }: { held: Held; ticket: Ticket; onDone: () => void }) {
  const w = t();
  const [title, setTitle] = useState(ticket.title);
  const [description, setDescription] = useState(ticket.description);
  const [seen] = useState(ticket.version); // what the writer saw: a change since then is a conflict
  const save = async (): Promise<void> => {
    await held.desk.api.patch(`api/v1/tickets/${ticket.id}`, { title, description, expected: seen });
    await held.act(() => Promise.resolve());
    onDone();
  };
  return (
    <SaveForm
      dirty={title !== ticket.title || description !== ticket.description}
      fault={title.trim() === '' ? w.faultTitle : null}
      onSave={save}
      onCancel={onDone}
    >
      <TextField label={w.subject} field="title" focus maxLength={200} value={title} onInput={setTitle} />
      <TextField
        label={w.description}
        field="description"
        lines={6}
        maxLength={16_000}
        value={description}
        onInput={setDescription}
      />
    </SaveForm>
  );
}
