import { useEffect, useState } from 'preact/hooks';
import { clockTime, dayLabel } from '../../kit/dates';
import type { Conversation, Msg } from '../../kit/frames';
import { language } from '../../kit/i18n';
import { Bubble, DayLine, EventLine, Memo, Say } from '../../kit/ui/Bubble';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { Failure } from '../../kit/ui/Empty';
import { Skeleton } from '../../kit/ui/Skeleton';
import { sourceName } from '../speakers';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import { Attachments } from '../thread/Attachments';
import { Prose } from '../thread/Prose';
import { type Line, lines } from '../thread/lines';
import { eventIcon, eventText } from '../thread/wording';
import { t as shared } from '../words';
import { t } from './words';

interface EarlierProps {
  desk: Desk;
  conversation: Conversation;
  name: string;
  onClose: () => void;
}

const PAGE_ROWS = 100;

/** An earlier conversation to read beside the present one: nothing in it can be changed, nothing counts as read. */
export function EarlierDialog({ desk, conversation, name, onClose }: EarlierProps) {
  const w = t();
  const { entries, more, why, load } = usePages(desk, conversation.id);
  const go = (): void => {
    onClose();
    desk.router.go(`c/${conversation.id}`);
  };
  return (
    <Dialog
      wide
      title={w.earlierTitle(name)}
      onClose={onClose}
      actions={
        <>
          <span class="grow small t3">{w.readOnly}</span>
          <Button onPress={go}>{w.openIt}</Button>
          <Button kind="prime" onPress={onClose}>
            {shared().closePane}
          </Button>
        </>
      }
    >
      <div class="earlier" role="log" aria-label={w.earlierTitle(name)} tabIndex={0}>
        {why !== null && (
          <Failure
            title={shared().threadFailed}
            reason={why}
            retry={
              <Button size="s" icon="refresh" onPress={load}>
                {shared().retry}
              </Button>
            }
          />
        )}
        {entries === null && why === null && <Skeleton label={shared().loadingThread} />}
        {more && why === null && (
          <div class="search-more">
            <Button kind="ghost" size="s" onPress={load}>
              {w.older}
            </Button>
          </div>
        )}
        {entries !== null &&
          lines(entries.filter(shown), null, '').map((line) => (
            <Drawn key={line.key} line={line} desk={desk} contact={conversation.contact_id} name={name} />
          ))}
      </div>
    </Dialog>
  );
}

function Drawn({ line, desk, contact, name }: { line: Line; desk: Desk; contact: string; name: string }) {
  if (line.kind === 'day') return <DayLine>{dayLabel(line.at, desk.now.peek(), language.value)}</DayLine>;
  if (line.kind === 'event')
    return <EventLine icon={eventIcon(line.entry)}>{eventText(line.entry, contact)}</EventLine>;
  if (line.kind === 'note') {
    const { sender, at, text = '' } = line.entry;
    return (
      <Memo who={<b class="mid">{sender.name || sourceName(sender.id)}</b>} at={clockTime(at, language.value)}>
        <Prose text={text} />
      </Memo>
    );
  }
  if (line.kind !== 'said') return null;
  const [first] = line.entries;
  if (!first) return null;
  const ours = first.sender.kind !== 'visitor';
  const voice = first.sender.kind === 'bot' ? 'bot' : 'person';
  const who = ours ? first.sender.name || sourceName(first.sender.id) : name;
  return (
    <Say side={ours ? 'us' : 'them'} voice={voice} id={ours ? first.sender.id : contact} name={who} at={clockTime(first.at, language.value)}>
      {line.entries.map(({ id, text = '', files = [], deleted }) => (
        <Bubble key={id} state={deleted ? 'deleted' : undefined}>
          {deleted ? shared().takenBack : <Prose text={text} />}
          <Attachments files={files} />
        </Bubble>
      ))}
    </Say>
  );
}

function shown({ kind }: Msg): boolean {
  return kind !== 'edit' && kind !== 'delete';
}

function usePages(desk: Desk, conv: string) {
  const [entries, setEntries] = useState<readonly Msg[] | null>(null);
  const [more, setMore] = useState(false);
  const [why, setWhy] = useState<string | null>(null);
  const load = (): void => {
    setWhy(null);
    const before = entries?.[0] ? `&before=${entries[0].seq}` : '';
    desk.api
      .get<{ messages: readonly Msg[]; more: boolean }>(`api/v1/conversations/${conv}/messages?limit=${PAGE_ROWS}${before}`)
      .then(
        (page) => {
          setEntries([...page.messages, ...(entries ?? [])]);
          setMore(page.more);
        },
        (error: unknown) => setWhy(reason(error)),
      );
  };
  useEffect(load, []);
  return { entries, more, why, load };
}
