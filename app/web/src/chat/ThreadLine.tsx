import type { ComponentChildren } from 'preact';
import { clockTime, dayLabel, fullTime } from '../kit/dates';
import { language } from '../kit/i18n';
import { Button } from '../kit/ui/Button';
import { Bubble, EventLine, Say } from '../kit/ui/Bubble';
import { Icon } from '../kit/ui/Icon';
import { Attached } from './Attached';
import type { Line, Words } from './lines';
import { pieces } from './links';
import type { Visit } from './visit';
import { notice, t } from './words';

/** One line of the thread: a day, a notice, or one speaker's words. `mark` is the last own entry that is confirmed. */
export function ThreadLine({ line, visit, mark }: { line: Line; visit: Visit; mark: string | null }) {
  if (line.kind === 'day') return <p class="event day-line">{`${dayLabel(line.at, Date.now(), language.value)} ${clockTime(line.at, language.value)}`}</p>;
  if (line.kind === 'notice') return <EventLine icon="user">{notice(line.entry)}</EventLine>;
  return <Group line={line} visit={visit} mark={mark} />;
}

function Group({ line, visit, mark }: { line: Extract<Line, { kind: 'group' }>; visit: Visit; mark: string | null }) {
  const { own, speaker, words } = line;
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
      foot={own && last !== undefined ? <Foot words={last} visit={visit} mark={mark} /> : undefined}
    >
      {words.map((one) => (
        <Said key={one.key} words={one} visit={visit} />
      ))}
    </Say>
  );
}

function Said({ words, visit }: { words: Words; visit: Visit }) {
  const { entry, pending } = words;
  const title = fullTime(words.at, language.value);
  if (entry?.deleted) return <Bubble state="deleted">{t().deleted}</Bubble>;
  const text = entry?.text ?? (pending?.command.t === 'send' ? pending.command.text : '') ?? '';
  const files = entry?.files ?? pending?.files ?? [];
  const state = pending === null ? undefined : pending.refused === null ? 'pending' : 'failed';
  return (
    <div class="said" title={title}>
      {text !== '' && (
        <Bubble state={state}>
          <Linked text={text} />
          {entry?.edited_at != null && <small class="edited"> {t().edited}</small>}
        </Bubble>
      )}
      {files.map((file) => (
        <Attached key={file.id} api={visit.api} file={file} />
      ))}
      {pending?.refused != null && <Refused cid={words.key} reason={pending.refused.text} visit={visit} />}
    </div>
  );
}

function Linked({ text }: { text: string }): ComponentChildren {
  return pieces(text).map(({ text: part, href }) =>
    href === null ? part : (
      <a href={href} target="_blank" rel="noopener noreferrer nofollow">
        {part}
      </a>
    ),
  );
}

/** A refused message says why and offers the two ways out; it is never sent again by itself. */
function Refused({ cid, reason, visit }: { cid: string; reason: string; visit: Visit }) {
  return (
    <div class="refused" role="alert">
      <span>
        <Icon name="stop" size="s" /> {t().failed} {reason}
      </span>
      <span class="row row-s">
        <Button size="s" onPress={() => visit.retry(cid)}>{t().retry}</Button>
        <Button size="s" kind="ghost" onPress={() => visit.discard(cid)}>{t().discard}</Button>
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
