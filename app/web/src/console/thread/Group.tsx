import { useState } from 'preact/hooks';
import { clockTime, fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { Bubble, Ghost, Say } from '../../kit/ui/Bubble';
import { Icon } from '../../kit/ui/Icon';
import type { Desk } from '../state/desk';
import { sourceName } from '../speakers';
import { t } from '../words';
import { Attachments } from './Attachments';
import { Cards } from './Cards';
import { EditBox } from './EditBox';
import { MailHeading } from './MailHeading';
import { OwnMenu } from './OwnMenu';
import { Prose } from './Prose';
import type { Shown } from './pending';

/** What every line of a thread needs to know of it. */
export interface ThreadFacts {
  readonly contactId: string;
  /** Empty while nobody knows it. */
  readonly contactName: string;
  /** How the customer is called on the screen. */
  readonly customer: string;
  /** Words that are searched for here. */
  readonly query: string;
}

interface GroupProps {
  desk: Desk;
  conv: string;
  /** Of one speaker; empty where only the unsent text stands. */
  entries: readonly Shown[];
  facts: ThreadFacts;
  found: number | null;
  /** Whether the visitor has read the last of them. */
  read: boolean;
  /** The visitor's unsent text, or null. */
  ghost: string | null;
}

/** Bubbles of one speaker. The customer left; people and the assistant right. */
export function Group({ desk, conv, facts, entries, found, read, ghost }: GroupProps) {
  const w = t();
  const head = entries[0];
  const ours = head !== undefined && head.sender.kind !== 'visitor';
  const bot = head?.sender.kind === 'bot';
  const known = ours ? head.sender.name || sourceName(head.sender.id) : facts.customer;
  const name = known || (bot ? w.bot : desk.nameOf(head?.sender.id ?? ''));
  const above = head && (!ours || bot) ? <Moment at={head.at} /> : undefined;
  return (
    <Say
      side={ours ? 'us' : 'them'}
      voice={bot ? 'bot' : 'person'}
      id={ours ? head.sender.id : facts.contactId}
      name={name}
      initialsOf={ours ? name : facts.contactName}
      at={above}
      foot={ours && <Foot name={name} entries={entries} read={read} />}
    >
      {entries.map((entry) => (
        <Said
          key={entry.id}
          desk={desk}
          conv={conv}
          entry={entry}
          label={labelOf(entry, name, ours && (read ? w.read : w.sent))}
          query={facts.query}
          found={found === entry.seq}
        />
      ))}
      {ghost !== null && <Ghost text={ghost} remark={ghost ? w.typingRemark : w.typingQuiet} />}
    </Say>
  );
}

interface SaidProps {
  desk: Desk;
  conv: string;
  entry: Shown;
  /** Who, when and in what state, for a screen reader. */
  label: string;
  query: string;
  found: boolean;
}

function Said({ desk, conv, entry, label, query, found }: SaidProps) {
  const [editing, setEditing] = useState(false);
  const own = entry.sender.id === desk.me.agent.id && !entry.deleted;
  if (editing) return <EditBox desk={desk} conv={conv} entry={entry} onClose={() => setEditing(false)} />;
  const state = entry.deleted ? 'deleted' : entry.changing ? 'pending' : undefined;
  return (
    <div class={found ? 'said found' : 'said'} data-seq={entry.seq} tabIndex={-1} role="article" aria-label={label}>
      <Bubble state={state}>
        {entry.data?.mail && <MailHeading data={entry.data} />}
        {entry.deleted ? t().takenBack : <Content entry={entry} query={query} />}
        {isEdited(entry) && <small class="edited">{t().edited}</small>}
      </Bubble>
      {own && <OwnMenu desk={desk} conv={conv} entry={entry} onEdit={() => setEditing(true)} />}
    </div>
  );
}

type Words = Pick<Shown, 'text' | 'files' | 'content'> & { readonly sender?: Shown['sender'] };

interface ContentProps {
  entry: Words;
  query?: string;
  /** Colleagues whose names stand out behind an @. */
  named?: readonly string[];
}

/** Pictures, files, words, and what else the visitor was shown. */
export function Content({ entry, query = '', named = [] }: ContentProps) {
  const { text = '', files = [], content } = entry;
  const onCards = new Set(content?.cards.map(({ picture }) => picture));
  return (
    <>
      <Attachments files={files.filter(({ id }) => !onCards.has(id))} />
      {text && (
        <div class="words">
          <Prose text={text} rich={entry.sender?.kind !== 'visitor'} query={query} named={named} />
        </div>
      )}
      {content && <Cards content={content} files={files} />}
    </>
  );
}

function Foot({ name, entries, read }: { name: string; entries: readonly Shown[]; read: boolean }) {
  const w = t();
  const last = entries[entries.length - 1];
  if (!last) return null;
  return (
    <>
      {name}
      <Moment at={last.at} />
      {read ? <Icon name="checks" size="s" tone="accent" /> : <Icon name="check" size="s" />}
      {read ? w.read : w.sent}
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

function labelOf(entry: Shown, name: string, state: string | false): string {
  return [name, clockTime(entry.at, language.value), isEdited(entry) && t().edited, !entry.deleted && state]
    .filter(Boolean)
    .join(', ');
}

function isEdited(entry: Shown): boolean {
  return entry.edited_at != null && !entry.deleted;
}
