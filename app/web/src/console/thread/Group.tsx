import { useState } from 'preact/hooks';
import { clockTime, fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { Bubble, Ghost, Say } from '../../kit/ui/Bubble';
import { Icon } from '../../kit/ui/Icon';
import type { Desk } from '../state/desk';
import { t } from '../words';
import { Attachments } from './Attachments';
import { EditBox } from './EditBox';
import { OwnMenu } from './OwnMenu';
import { Prose } from './Prose';
import type { Shown } from './pending';

interface GroupProps {
  desk: Desk;
  conv: string;
  /** Of one speaker; empty where only the unsent text stands. */
  entries: readonly Shown[];
  found: number | null;
  /** Up to which number the visitor has read. */
  visitorRead: number;
  /** The visitor's unsent text, or null. */
  ghost: string | null;
}

/** Bubbles of one speaker. The customer left; people and the assistant right. */
export function Group({ desk, conv, entries, found, visitorRead, ghost }: GroupProps) {
  const w = t();
  const head = entries[0];
  const ours = head !== undefined && head.sender.kind !== 'visitor';
  const row = desk.lists.heads.value.get(conv);
  const contact = row?.conversation.contact_id ?? '';
  const bot = head?.sender.kind === 'bot';
  const name = ours ? head.sender.name || (bot ? w.bot : desk.nameOf(head.sender.id)) : desk.customer(conv);
  const above = head && (!ours || bot) ? <Moment at={head.at} /> : undefined;
  return (
    <Say
      side={ours ? 'us' : 'them'}
      voice={bot ? 'bot' : 'person'}
      id={ours ? head.sender.id : contact}
      name={name}
      initialsOf={ours ? name : (row?.contact?.name ?? '')}
      at={above}
      foot={ours ? <Foot name={name} entries={entries} read={visitorRead} /> : entries.some(isEdited) && w.edited}
    >
      {entries.map((entry) => (
        <Said key={entry.id} desk={desk} conv={conv} entry={entry} found={found === entry.seq} />
      ))}
      {ghost !== null && <Ghost text={ghost} remark={ghost ? w.typingRemark : w.typingQuiet} />}
    </Say>
  );
}

function Said({ desk, conv, entry, found }: { desk: Desk; conv: string; entry: Shown; found: boolean }) {
  const [editing, setEditing] = useState(false);
  const own = entry.sender.id === desk.me.agent.id && !entry.deleted;
  if (editing) return <EditBox desk={desk} conv={conv} entry={entry} onClose={() => setEditing(false)} />;
  const state = entry.deleted ? 'deleted' : entry.changing ? 'pending' : undefined;
  return (
    <div class={found ? 'said found' : 'said'} data-seq={entry.seq}>
      <Bubble state={state}>{entry.deleted ? t().takenBack : <Content entry={entry} />}</Bubble>
      {own && <OwnMenu desk={desk} conv={conv} entry={entry} onEdit={() => setEditing(true)} />}
    </div>
  );
}

/** Pictures, files, words. */
export function Content({ entry }: { entry: Pick<Shown, 'text' | 'files'> }) {
  const { text = '', files = [] } = entry;
  return (
    <>
      <Attachments files={files} />
      {text && (
        <div class="words">
          <Prose text={text} />
        </div>
      )}
    </>
  );
}

function Foot({ name, entries, read }: { name: string; entries: readonly Shown[]; read: number }) {
  const w = t();
  const last = entries[entries.length - 1];
  if (!last) return null;
  const seen = last.seq <= read;
  return (
    <>
      {name}
      <Moment at={last.at} />
      {entries.some(isEdited) && <span>{w.edited}</span>}
      {seen ? <Icon name="checks" size="s" tone="accent" /> : <Icon name="check" size="s" />}
      {seen ? w.read : w.sent}
    </>
  );
}

/** A clock time, with the whole date as its tooltip. */
export function Moment({ at }: { at: number }) {
  return (
    <span class="num" title={fullTime(at, language.value)}>
      {clockTime(at, language.value)}
    </span>
  );
}

function isEdited(entry: Shown): boolean {
  return entry.edited_at != null && !entry.deleted;
}
