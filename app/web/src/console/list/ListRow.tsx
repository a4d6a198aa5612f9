import { ConversationRow, type ConversationRowProps } from '../../kit/ui/ConversationRow';
import { WaitRing } from '../../kit/ui/WaitRing';
import { fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { WAIT_PROMISE_MS } from '../limits';
import type { Desk } from '../state/desk';
import type { Row } from '../state/heads';
import { shortTime, waiting } from '../times';
import { t as toolWords } from '../tools/words';
import { t } from '../words';

interface ListRowProps {
  desk: Desk;
  id: string;
  active: boolean;
  place: number;
  total: number;
  onChoose: (id: string, event?: MouseEvent) => void;
}

/** One conversation of the list, with what is known of it now. */
export function ListRow({ desk, id, active, place, total, onChoose }: ListRowProps) {
  const w = t();
  const row = desk.lists.heads.value.get(id);
  if (!row) return null;
  const { conversation, unread } = row;
  const writer = desk.people.writers.value.get(id)?.find(({ by }) => by === 'visitor');
  const assignee = conversation.assignee_id;
  const mark = markOf(row);
  return (
    <ConversationRow
      id={id}
      face={conversation.contact_id}
      name={desk.customer(id)}
      initialsOf={row.contact?.name ?? ''}
      words={writer ? writer.text || w.typingQuiet : lastWords(row)}
      mark={mark}
      markLabel={mark && { sent: w.markSent, read: w.markRead, bot: w.markBot, note: w.markNote }[mark]}
      writing={writer !== undefined}
      source={sourceOf(desk, conversation.inbox_id)}
      online={desk.people.online.value.contacts.has(conversation.contact_id)}
      onlineLabel={w.online}
      unread={unread}
      unreadLabel={w.unread(unread)}
      urgency={urgencyOf(conversation.priority)}
      when={<When desk={desk} row={row} />}
      assignee={assignee && assignee !== desk.me.agent.id ? { id: assignee, name: desk.nameOf(assignee) } : undefined}
      selected={desk.open.value === id}
      active={active}
      place={place}
      total={total}
      picked={desk.selection.has(id)}
      picking={desk.selection.ids.value.size > 0}
      onChoose={(event) => onChoose(id, event)}
    />
  );
}

/** What stands out from the ordinary: high and urgent ones. */
function urgencyOf(priority: number): ConversationRowProps['urgency'] {
  return priority < 3 ? undefined : { tone: priority > 3 ? 'danger' : 'warn', label: toolWords().priorities[priority] ?? '' };
}

/** The inbox where there are several: with one alone it tells nothing. */
function sourceOf(desk: Desk, inbox: string) {
  const { inboxes } = desk.people;
  return inboxes.value.size > 1 ? inboxes.value.get(inbox) : undefined;
}

function When({ desk, row: { conversation } }: { desk: Desk; row: Row }) {
  const now = desk.now.value;
  const since = conversation.waiting_since;
  if (conversation.status === 'snoozed' && conversation.snoozed_until !== null) return <WakesAt at={conversation.snoozed_until} now={now} />;
  const over = conversation.status === 'resolved' || conversation.status === 'closed';
  if (since !== null && !over) {
    const text = waiting(now - since);
    return <WaitRing waited={now - since} promise={WAIT_PROMISE_MS} text={text} label={t().waited(text)} />;
  }
  const at = conversation.last_at || conversation.updated_at;
  return (
    <span class="small t3 num" title={fullTime(at, language.value)}>
      {shortTime(at, now)}
    </span>
  );
}

function WakesAt({ at, now }: { at: number; now: number }) {
  return (
    <span class="small t3 num" title={toolWords().snoozedUntil(fullTime(at, language.value))}>
      {shortTime(at, now)}
    </span>
  );
}

function lastWords({ conversation }: Row): string {
  if (conversation.last_text) return conversation.last_text;
  return conversation.last_kind ? t().photo : '';
}

function markOf({ conversation }: Row): ConversationRowProps['mark'] {
  if (conversation.last_note) return 'note';
  if (conversation.last_kind === 'bot') return 'bot';
  if (conversation.last_kind !== 'agent') return undefined;
  return conversation.visitor_read >= conversation.seq ? 'read' : 'sent';
}
