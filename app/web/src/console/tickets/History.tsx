import { useState } from 'preact/hooks';
import { fullDay } from '../../kit/dates';
import { language } from '../../kit/i18n';
import type { IconName } from '../../kit/icons/names';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { TextField } from '../../kit/ui/Field';
import { Icon } from '../../kit/ui/Icon';
import { MenuButton } from '../../kit/ui/Menu';
import { sourceName } from '../speakers';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import { shortTime } from '../times';
import { type OwnField, nameOfField } from '../fields/model';
import { moment } from './moment';
import type { Held } from './TicketDetail';
import { type Change, type Entry, namedIn } from './model';
import { colleagues } from './parts';
import { nameOfStatus } from './statuses';
import { t } from './words';

/** Who did what, the newest last, and the field for a note. */
export function History({ held, fields }: { held: Held; fields: readonly OwnField[] }) {
  const w = t();
  const { desk, detail } = held;
  const [older, setOlder] = useState<readonly Entry[]>([]);
  const [more, setMore] = useState(detail.more);
  const first = older[0] ?? detail.entries[0];
  const fetch = (): void => {
    desk.api
      .get<{ entries: readonly Entry[]; more: boolean }>(`api/v1/tickets/${detail.ticket.id}/entries?before=${first?.seq ?? 1}`)
      .then(
        (page) => {
          setOlder([...page.entries, ...older]);
          setMore(page.more);
        },
        (error: unknown) => desk.say(reason(error)),
      );
  };
  return (
    <Card title={w.history}>
      <div class="card-body">
        {more && (
          <Button kind="ghost" size="s" onPress={fetch}>
            {w.olderEntries}
          </Button>
        )}
        <ol class="ticket-history">
          {[...older, ...detail.entries.filter(({ seq }) => seq > (older.at(-1)?.seq ?? 0))].map((entry) => (
            <Line key={entry.seq} desk={desk} fields={fields} entry={entry} />
          ))}
        </ol>
        {held.may && <NoteForm held={held} />}
      </div>
    </Card>
  );
}

const MENTIONS_MAX = 20;
const PICTURES: Readonly<Record<string, IconName>> = {
  created: 'plus', changed: 'pen', note: 'lock', linked: 'link', unlinked: 'x', merged: 'merge', unmerged: 'merge',
};

function Line({ desk, fields, entry }: { desk: Desk; fields: readonly OwnField[]; entry: Entry }) {
  const sentences = told(desk, fields, entry);
  return (
    <li class={entry.kind === 'note' ? 'ticket-note' : ''}>
      <Icon name={PICTURES[entry.kind] ?? 'info'} size="s" />
      <div class="grow">
        {sentences.map((sentence) => (
          <div key={sentence}>{sentence}</div>
        ))}
        {entry.text && <p class="ticket-words">{entry.text}</p>}
      </div>
      <time class="small t3 num" title={moment(entry.at)}>
        {shortTime(entry.at, desk.now.peek())}
      </time>
    </li>
  );
}

/** The author of what visitors leave when nobody can come. */
const BY_MESSAGE = 'offline_message';

/** What a line of the history says, a sentence for each change. */
export function told(desk: Desk, fields: readonly OwnField[], { kind, actor, changes }: Entry): readonly string[] {
  const w = t();
  const who = actor.name || sourceName(actor.id) || (actor.id === BY_MESSAGE ? w.messageLeft : w.somebody);
  switch (kind) {
    case 'created':
      return [w.made_by(who)];
    case 'note':
      return [w.noted(who)];
    case 'linked':
      return changes.map(({ field, after }) => w.linked(who, thing(field, after)));
    case 'unlinked':
      return changes.map(({ field, before }) => w.unlinked(who, thing(field, before)));
    case 'merged':
      return changes.filter(({ field }) => field === 'ticket').map(({ after }) => w.mergedBy(who, after));
    case 'unmerged':
      return [w.unmergedBy(who)];
    default:
      return changes.map((change) => factTold(desk, fields, who, change));
  }
}

function thing(field: string, name: string): string {
  if (field === 'ticket') return t().ticketNamed(name);
  return field === 'conversation' ? t().aConversation : `${field} ${name}`;
}

function factTold(desk: Desk, fields: readonly OwnField[], who: string, { field, after }: Change): string {
  const w = t();
  const own = fields.find(({ id }) => field === `fields.${id}`);
  const fact = own ? nameOfField(own) : (w.facts[field] ?? field);
  return after === '' ? w.clearedFact(who, fact) : w.changedFact(who, fact, shown(desk, field, after));
}

/** A value as a person reads it. */
function shown(desk: Desk, field: string, value: string): string {
  const w = t();
  switch (field) {
    case 'status':
      return nameOfStatus(value);
    case 'priority':
      return w.priorities[Number(value)] ?? value;
    case 'type':
      return w.types[value] ?? value;
    case 'assignee_id':
      return desk.nameOf(value);
    case 'team_id':
      return desk.people.teams.value.get(value)?.name ?? value;
    case 'due_at':
      return fullDay(Number(value), language.value);
    case 'description':
      return w.newText;
    case 'contact_id':
      return w.aCustomer;
    default:
      return value;
  }
}

function NoteForm({ held: { desk, detail, act } }: { held: Held }) {
  const w = t();
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [key, setKey] = useState(() => desk.random.hex(16));
  const add = async (): Promise<void> => {
    setBusy(true);
    const mentions = namedIn(text, colleagues(desk)).slice(0, MENTIONS_MAX);
    const path = `api/v1/tickets/${detail.ticket.id}/notes`;
    const done = await act(() => desk.api.post(path, { text, mentions }, { headers: { 'Idempotency-Key': key } }));
    setBusy(false);
    if (!done) return; // the words stay, and the same key writes them once
    setText('');
    setKey(desk.random.hex(16));
  };
  return (
    <form
      class="ticket-note-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '' && !busy) void add();
      }}
    >
      <TextField label={w.note} lines={3} maxLength={16_000} value={text} onInput={setText} />
      <div class="row">
        <Button type="submit" busy={busy} disabled={text.trim() === ''}>
          {w.addNote}
        </Button>
        <MenuButton
          kind="ghost"
          size="s"
          icon="at"
          label={w.mention}
          items={colleagues(desk)
            .filter(({ value }) => value !== desk.me.agent.id)
            .map(({ value, label }) => ({ key: value, label, onChoose: () => setText(`${text}${text && !text.endsWith(' ') ? ' ' : ''}@${label} `) }))}
        />
      </div>
    </form>
  );
}
