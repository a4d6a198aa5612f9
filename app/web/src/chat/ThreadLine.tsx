import type { ComponentProps } from 'preact';
import { useState } from 'preact/hooks';
import type { Shown } from '../kit/amended';
import { clockTime, dayLabel, fullTime } from '../kit/dates';
import type { Attachment } from '../kit/frames';
import { language, sentences } from '../kit/i18n';
import type { Pending } from '../kit/outbox';
import { Bubble, DayLine, EventLine, Say } from '../kit/ui/Bubble';
import { Button } from '../kit/ui/Button';
import { Icon } from '../kit/ui/Icon';
import { MenuButton } from '../kit/ui/Menu';
import { Attached, usePicture } from './Attached';
import { Address, Plain, Prose } from './Prose';
import type { Line, Words } from './lines';
import { cards as carded, usePart } from './parts';
import type { Visit } from './visit';
import { notice, t } from './words';

type Carded = typeof import('./Cards');

const kit = { usePicture, Address };

interface ThreadLineProps {
  line: Line;
  visit: Visit;
  /** The last own entry that is confirmed. */
  mark: string | null;
  /** The quick replies that are still to be answered, and under which entry. */
  offer: { id: string; replies: readonly string[] } | null;
  onView: (file: Attachment) => void;
}

/** One line of the thread: a day, where the new begins, a notice, or one speaker's words. */
export function ThreadLine({ line, ...shared }: ThreadLineProps) {
  if (line.kind === 'day') return <p class="event day-line">{`${dayLabel(line.at, Date.now(), language.value)} ${clockTime(line.at, language.value)}`}</p>;
  if (line.kind === 'fresh') return <DayLine fresh>{t().freshLine}</DayLine>;
  if (line.kind === 'notice') return <EventLine icon="user">{notice(line.entry)}</EventLine>;
  return <Group line={line} {...shared} />;
}

type GroupProps = ThreadLineProps & { line: Extract<Line, { kind: 'group' }> };

function Group({ line, mark, ...shared }: GroupProps) {
  const { own, speaker, words } = line;
  const { visit } = shared;
  const name = own ? t().you : speaker.name || t().team;
  const bot = speaker.kind === 'bot';
  const last = words[words.length - 1];
  const above = own ? undefined : bot ? t().bot : clockTime(words[0]?.at ?? 0, language.value);
  return (
    <Say
      side={own ? 'us' : 'them'}
      voice={bot ? 'bot' : 'person'}
      id={speaker.id}
      name={speaker.name || t().team}
      at={above}
      foot={own && last !== undefined ? <Foot words={last} visit={shared.visit} mark={mark} /> : undefined}
    >
      {words.map((one) => (
        <Said key={one.key} words={one} own={own} label={labelOf(one, name, own ? stateWord(one, visit) : '')} {...shared} />
      ))}
    </Say>
  );
}

type SaidProps = Omit<ThreadLineProps, 'line' | 'mark'> & { words: Words; own: boolean; label: string };

function Said({ words, own, label, visit, offer, onView }: SaidProps) {
  const { entry, pending } = words;
  const [asking, setAsking] = useState(false);
  if (entry?.deleted) return <div class="said" role="article" aria-label={label}><Bubble state="deleted">{t().deleted}</Bubble></div>;
  const text = entry?.text ?? (pending?.command.t === 'send' ? pending.command.text : '') ?? '';
  const files = entry?.files ?? pending?.files ?? [];
  const cards = entry?.content?.cards ?? [];
  const pictures = new Set(cards.map(({ picture }) => picture));
  const reply = (said: string): void => void visit.send(said, []);
  return (
    <div class="said" role="article" aria-label={label} title={fullTime(words.at, language.value)}>
      {text !== '' && (
        <div class="spoken">
          {own && entry !== null && <OwnTools entry={entry} visit={visit} onDelete={() => setAsking(true)} />}
          <Bubble state={stateOf(words)}>
            {own ? <Plain text={text} /> : <Prose text={text} />}
            {entry?.edited_at != null && <small class="edited"> {t().edited}</small>}
          </Bubble>
        </div>
      )}
      {cards.length > 0 && <LateCards visit={visit} api={visit.api} cards={cards} files={files} onReply={reply} onView={onView} />}
      {files.filter(({ id }) => !pictures.has(id)).map((file) => (
        <Attached key={file.id} api={visit.api} file={file} onOpen={onView} />
      ))}
      {own && entry !== null && text === '' && <OwnTools entry={entry} visit={visit} onDelete={() => setAsking(true)} />}
      {asking && entry !== null && <TakeBack onKeep={() => setAsking(false)} onDelete={() => visit.takeBack(entry)} />}
      {offer !== null && offer.id === entry?.id && (
        <LateReplies visit={visit} replies={offer.replies} onReply={reply} />
      )}
      {pending?.refused != null && <Refused pending={pending} visit={visit} />}
    </div>
  );
}

/** Cards and quick replies are in few threads. */
function LateCards({ visit, ...rest }: { visit: Visit } & Omit<ComponentProps<Carded['Cards']>, 'kit'>) {
  const part = usePart(carded, visit);
  return part && <part.Cards kit={kit} {...rest} />;
}

function LateReplies({ visit, ...rest }: { visit: Visit } & ComponentProps<Carded['Replies']>) {
  const part = usePart(carded, visit);
  return part && <part.Replies {...rest} />;
}

/** Who, when and in what state: what a screen reader says of a message before its words. */
function labelOf(words: Words, name: string, state: string): string {
  return [name, clockTime(words.at, language.value), state].filter(Boolean).join(', ');
}

function stateWord({ entry, pending }: Words, visit: Visit): string {
  if (pending !== null) return pending.refused !== null ? t().failed : pending.tries > 1 ? t().stillTrying : t().sending;
  if (entry.deleted) return '';
  return entry.seq <= visit.staffRead.value ? t().read : t().sent;
}

function stateOf({ entry, pending }: Words): 'pending' | 'failed' | undefined {
  if (pending !== null) return pending.refused === null ? 'pending' : 'failed';
  return entry.changing ? 'pending' : undefined;
}

/** What one can do with an own message: change its words, or take it back. */
function OwnTools({ entry, visit, onDelete }: { entry: Shown; visit: Visit; onDelete: () => void }) {
  if (visit.head.value?.status === 'closed') return null;
  const change = { key: 'edit', icon: 'pen' as const, label: t().change, onChoose: () => { visit.editing.value = entry; } };
  const takeBack = { key: 'delete', icon: 'x' as const, label: t().discard, harm: true, onChoose: onDelete };
  return (
    <span class="own-tools">
      <MenuButton kind="ghost" size="s" icon="more" label={t().own} items={entry.text ? [change, takeBack] : [takeBack]} />
    </span>
  );
}

/** What is taken back is gone for both sides, so it is asked for twice. */
function TakeBack({ onDelete, onKeep }: { onDelete: () => void; onKeep: () => void }) {
  return (
    <div class="refused" role="group" aria-label={t().takeBackAsk}>
      <span>{t().takeBackAsk}</span>
      <span class="row row-s">
        <Button size="s" kind="harm" onPress={onDelete}>{t().discard}</Button>
        <Button size="s" kind="ghost" onPress={onKeep}>{t().keep}</Button>
      </span>
    </div>
  );
}

/** What was refused says why, and what can be done: once more only where that may help; it is never sent again by itself. */
export function Refused({ pending, visit }: { pending: Pending; visit: Visit }) {
  const { command, refused } = pending;
  const putBack = (): void => {
    if (command.t !== 'send') return;
    visit.draft.value = [command.text ?? '', visit.draft.value].filter(Boolean).join('\n');
    visit.discard(command.cid);
  };
  return (
    <div class="refused" role="alert">
      <span>
        <Icon name="stop" size="s" /> {sentences(command.t === 'send' ? t().failed : t().changeFailed, refused?.text)}
      </span>
      <span class="row row-s">
        {!refused?.final && <Button size="s" onPress={() => visit.retry(command.cid)}>{t().retry}</Button>}
        {refused?.final && command.t === 'send' && command.text && <Button size="s" onPress={putBack}>{t().putBack}</Button>}
        <Button size="s" kind="ghost" onPress={() => visit.discard(command.cid)}>{command.t === 'send' ? t().discard : t().dismiss}</Button>
      </span>
    </div>
  );
}

/** How far the last own words got. Under those of the past stands nothing. */
function Foot({ words, visit, mark }: { words: Words; visit: Visit; mark: string | null }) {
  const time = <span class="num">{clockTime(words.at, language.value)}</span>;
  if (words.pending !== null) {
    if (words.pending.refused !== null) return null;
    return (
      <>
        {time}
        <Icon name="clock" size="s" />
        {words.pending.tries > 1 ? t().stillTrying : t().sending}
      </>
    );
  }
  if (words.entry.id !== mark) return null;
  const read = words.entry.seq <= visit.staffRead.value;
  return (
    <>
      {time}
      <span class={read ? 'row row-s tone-accent' : 'row row-s'}>
        <Icon name={read ? 'checks' : 'check'} size="s" />
        {read ? t().read : t().sent}
      </span>
    </>
  );
}
