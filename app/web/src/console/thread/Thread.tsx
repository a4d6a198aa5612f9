import type { VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Conversation } from '../../kit/frames';
import { Button } from '../../kit/ui/Button';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import { keyText, useShortcut } from '../state/shortcuts';
import { FindBar } from './FindBar';
import { Group, type ThreadFacts } from './Group';
import { LineView } from './LineView';
import { Waiting } from './Waiting';
import { walk } from './keys';
import { type Fresh, type Line, lines, unreadOf } from './lines';
import { amended } from './pending';
import { type Scroll, useScroll } from './scroll';
import { t as words } from '../words';
import { t } from './words';

interface ThreadProps {
  conv: string;
  /** A message to jump to, by number. */
  jump: number | null;
  /** Whether words are searched for in here. */
  finding: boolean;
  onFound: () => void;
}

/** The thread itself: older pages above, what is being written below. */
export function Thread({ conv, jump, finding, onFound }: ThreadProps) {
  const desk = useDesk();
  const w = words();
  const state = desk.threads.state(conv).value;
  const held = desk.threads.held(conv);
  const pending = desk.delivery.pending(conv);
  const fresh = useFresh(state.readTo, desk.delivery.thread(conv)?.last ?? 0);
  const visitor = desk.people.writers.value.get(conv)?.find(({ by }) => by === 'visitor');
  const scroll = useScroll(desk, conv, held, pending.length + (visitor ? 1 : 0));
  const shown = useMemo(() => amended(scroll.entries, pending), [scroll.entries, pending]);
  const drawn = useMemo(() => lines(shown, fresh, desk.me.agent.id, held.entries), [shown, fresh]);
  const [found, setFound] = useState<number | null>(null);
  const [query, setQuery] = useState('');
  const go = (seq: number): void => void scroll.go(seq).then(() => setFound(seq));
  useEffect(() => {
    if (jump !== null) go(jump);
  }, [conv, jump]);
  useEffect(() => {
    if (!finding) setQuery('');
  }, [finding]);
  const last = drawn[drawn.length - 1];
  const ghostInside = !held.excerpt && visitor && last?.kind === 'said' && last.entries[0]?.sender.kind === 'visitor';
  const facts = useFacts(desk, conv, query);
  const draw = useDrawn(desk, conv, facts, found);
  const read = readByVisitor(desk, conv);
  return (
    <div class="thread-frame">
      {finding && <FindBar conv={conv} onQuery={setQuery} onGo={go} onClose={onFound} />}
      <Unread desk={desk} fresh={fresh} entries={held.entries} lines={drawn} go={go} reachable={state.readTo !== null} />
      <div
        class="thread"
        ref={scroll.box}
        onScroll={scroll.onScroll}
        onKeyDown={walk}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={desk.customer(conv)}
      >
        <div class="thread-lines">
          {scroll.begins && <div class="thread-begin">{w.beginning}</div>}
          {held.older === 'loading' && (
            <div class="thread-begin" role="status">
              {w.loadingThread}
            </div>
          )}
          {drawn.map((line) => draw(line, read, ghostInside && line === last ? visitor.text : null))}
          {!held.excerpt && visitor && !ghostInside && (
            <Group desk={desk} conv={conv} facts={facts} entries={[]} found={null} read={false} ghost={visitor.text} />
          )}
          {!held.excerpt && <Waiting desk={desk} conv={conv} pending={pending} />}
        </div>
      </div>
      <ToLatest desk={desk} scroll={scroll} />
    </div>
  );
}

/** The way back down, and how much is new there. */
function ToLatest({ desk, scroll }: { desk: Desk; scroll: Scroll }) {
  const w = words();
  const away = !desk.atEnd.value;
  useShortcut('newest', away ? scroll.toEnd : null);
  if (!away) return null;
  return (
    <div class="to-latest">
      <Button size="s" icon="down" title={keyText('newest')} onPress={scroll.toEnd}>
        {scroll.missed > 0 ? w.newMessages(scroll.missed) : w.toLatest}
      </Button>
    </div>
  );
}

interface UnreadProps {
  desk: Desk;
  fresh: Fresh | null;
  entries: Scroll['entries'];
  lines: readonly Line[];
  go: (seq: number) => void;
  reachable: boolean;
}

/** The way up to the first unread message, where its line is not drawn. */
function Unread({ desk, fresh, entries, lines: drawn, go, reachable }: UnreadProps) {
  const first = fresh ? unreadOf(entries, fresh, desk.me.agent.id)[0]?.seq : undefined;
  const above = reachable && fresh !== null && (entries[0]?.seq ?? 0) > fresh.readTo + 1;
  const goal = above ? (fresh?.readTo ?? 0) + 1 : first;
  const jump = goal === undefined ? null : () => go(goal);
  useShortcut('firstUnread', jump);
  if (!jump || drawn.some(({ kind }) => kind === 'new')) return null;
  return (
    <div class="to-unread">
      <Button size="s" icon="right" title={keyText('firstUnread')} onPress={jump}>
        {t().firstUnread}
      </Button>
    </div>
  );
}

/** Whose thread it is; the same object until that changes. */
function useFacts(desk: Desk, conv: string, query: string): ThreadFacts {
  const row = desk.lists.heads.value.get(conv);
  const contactId = row?.conversation.contact_id ?? '';
  const contactName = row?.contact?.name ?? '';
  const customer = desk.customer(conv);
  return useMemo(() => ({ contactId, contactName, customer, query }), [contactId, contactName, customer, query]);
}

interface Kept {
  readonly line: Line;
  readonly deps: readonly unknown[];
  readonly node: VNode;
}

/** Draws lines; one that shows what it showed before is the same node, and nothing of it is done again. */
function useDrawn(desk: Desk, conv: string, facts: ThreadFacts, found: number | null) {
  const kept = useRef(new Map<string, Kept>());
  const before = kept.current;
  const now = new Map<string, Kept>();
  kept.current = now;
  return (line: Line, readTo: number, ghost: string | null): VNode => {
    const read = line.kind === 'said' && (line.entries[line.entries.length - 1]?.seq ?? 0) <= readTo;
    const mark = found !== null && numbers(line).includes(found) ? found : null;
    const deps = [desk, conv, facts, mark, read, ghost];
    const held = before.get(line.key);
    const same = held && alike(held.line, line) && held.deps.every((dep, index) => dep === deps[index]);
    const node = same ? held.node : (
      <LineView key={line.key} line={line} desk={desk} conv={conv} facts={facts} found={mark} read={read} ghost={ghost} />
    );
    now.set(line.key, { line, deps, node });
    return node;
  };
}

function numbers(line: Line): readonly number[] {
  if (line.kind === 'said') return line.entries.map(({ seq }) => seq);
  return line.kind === 'note' || line.kind === 'event' ? [line.entry.seq] : [];
}

function alike(one: Line, other: Line): boolean {
  if (one.kind === 'said' && other.kind === 'said')
    return one.entries.length === other.entries.length && one.entries.every((entry, index) => entry === other.entries[index]);
  if ('entry' in one && 'entry' in other) return one.entry === other.entry;
  if (one.kind === 'new' && other.kind === 'new') return one.count === other.count;
  return one.kind === 'day' && other.kind === 'day' && one.at === other.at;
}

/** Up to which entry the visitor has read, as staff count. */
function readByVisitor(desk: Desk, conv: string): number {
  const thread = desk.delivery.thread(conv);
  const conversation: Conversation | undefined = desk.lists.heads.value.get(conv)?.conversation;
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
