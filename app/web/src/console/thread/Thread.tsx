import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { dayLabel } from '../../kit/dates';
import type { Conversation } from '../../kit/frames';
import { language } from '../../kit/i18n';
import { DayLine, EventLine } from '../../kit/ui/Bubble';
import { Button } from '../../kit/ui/Button';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import { shortTime } from '../times';
import { t } from '../words';
import { Group } from './Group';
import { NoteLine } from './NoteLine';
import { Waiting } from './Waiting';
import { type Fresh, type Line, lines } from './lines';
import { amended } from './pending';
import { useScroll } from './scroll';
import { eventIcon, eventText } from './wording';

/** The thread itself: older pages above, what is being written below. */
export function Thread({ conv, jump }: { conv: string; jump: number | null }) {
  const desk = useDesk();
  const w = t();
  const state = desk.threads.state(conv).value;
  const thread = desk.delivery.thread(conv);
  const entries = thread?.view() ?? [];
  const pending = desk.delivery.pending(conv);
  const me = desk.me.agent.id;
  const shown = useMemo(() => amended(entries, pending), [entries, pending]);
  const fresh = useFresh(state.readTo, thread?.last ?? 0);
  const drawn = useMemo(() => lines(shown, fresh, me), [shown, fresh, me]);
  const conversation = desk.lists.heads.value.get(conv)?.conversation;
  const visitorRead = readByVisitor(desk, conv, conversation);
  const visitor = desk.people.writers.value.get(conv)?.find(({ by }) => by === 'visitor');
  const colleagues = (desk.people.writers.value.get(conv) ?? []).filter(({ by }) => by === 'agent');
  const scroll = useScroll(desk, conv, entries, pending.length + (visitor ? 1 : 0));
  const found = useJump(desk, conv, jump, state.phase === 'ready');
  const last = drawn[drawn.length - 1];
  const ghostInside = visitor && last?.kind === 'said' && last.entries[0]?.sender.kind === 'visitor';
  return (
    <div class="thread-frame">
      <div
        class="thread"
        ref={scroll.box}
        onScroll={scroll.onScroll}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={desk.customer(conv)}
      >
        <div class="thread-lines">
          {state.older === 'none' && <div class="thread-begin">{w.beginning}</div>}
          {state.older === 'loading' && (
            <div class="thread-begin" role="status">
              {w.loadingThread}
            </div>
          )}
          {drawn.map((line) => (
            <LineView
              key={line.key}
              line={line}
              desk={desk}
              conv={conv}
              found={found}
              visitorRead={visitorRead}
              ghost={ghostInside && line === last ? visitor.text : null}
            />
          ))}
          {visitor && !ghostInside && (
            <Group desk={desk} conv={conv} entries={[]} found={null} visitorRead={0} ghost={visitor.text} />
          )}
          <Waiting desk={desk} conv={conv} pending={pending} />
          {colleagues.map(({ id, name }) => (
            <EventLine key={id} icon="pen">
              {w.colleagueTyping(name || desk.nameOf(id))}
            </EventLine>
          ))}
        </div>
      </div>
      {!desk.atEnd.value && (
        <div class="to-latest">
          <Button size="s" icon="down" onPress={scroll.toEnd}>
            {scroll.missed > 0 ? w.newMessages(scroll.missed) : w.toLatest}
          </Button>
        </div>
      )}
    </div>
  );
}

interface LineViewProps {
  line: Line;
  desk: Desk;
  conv: string;
  found: number | null;
  visitorRead: number;
  ghost: string | null;
}

function LineView({ line, desk, conv, found, visitorRead, ghost }: LineViewProps) {
  switch (line.kind) {
    case 'day':
      return <DayLine>{dayLabel(line.at, desk.now.value, language.value)}</DayLine>;
    case 'new':
      return (
        <div data-new>
          <DayLine fresh>{t().newMessages(line.count)}</DayLine>
        </div>
      );
    case 'event':
      return (
        <div data-seq={line.entry.seq}>
          <EventLine icon={eventIcon(line.entry)}>
            {eventText(line.entry, desk.lists.heads.value.get(conv)?.conversation.contact_id ?? '')} ·{' '}
            <span class="num">{shortTime(line.entry.at, line.entry.at)}</span>
          </EventLine>
        </div>
      );
    case 'note':
      return <NoteLine desk={desk} conv={conv} entry={line.entry} found={found === line.entry.seq} />;
    case 'said':
      return (
        <Group desk={desk} conv={conv} entries={line.entries} found={found} visitorRead={visitorRead} ghost={ghost} />
      );
  }
}

/** Up to which entry the visitor has read, as staff count. */
function readByVisitor(desk: Desk, conv: string, conversation: Conversation | undefined): number {
  const thread = desk.delivery.thread(conv);
  if (!thread || !conversation) return 0;
  const seen = Math.max(conversation.visitor_read, thread.marks.visitorRead);
  return thread.numberOf(seen, conversation);
}

/** The line of the new stays where it was when the agent came, until he leaves and comes back. */
function useFresh(readTo: number | null, last: number): Fresh | null {
  const kept = useRef<Fresh | null>(null);
  if (kept.current === null && readTo !== null) kept.current = { readTo, last };
  return kept.current;
}

/** Goes to the message that the search found and marks it for a moment. */
function useJump(desk: Desk, conv: string, jump: number | null, ready: boolean): number | null {
  const [found, setFound] = useState<number | null>(null);
  useEffect(() => {
    if (jump === null || !ready) return;
    void desk.threads.reach(conv, jump).then(() => setFound(jump));
  }, [conv, jump, ready]);
  useLayoutEffect(() => {
    if (found !== null) document.querySelector(`[data-seq="${found}"]`)?.scrollIntoView({ block: 'center' });
  }, [found]);
  return found;
}
