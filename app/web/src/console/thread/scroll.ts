/** The thread's scrolling: it keeps to the end while the agent is there, and holds still while he reads further up. */
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Entry } from '../../kit/thread';
import type { Desk } from '../state/desk';

const END_PX = 48;
const OLDER_PX = 400;

interface Scroll {
  box: RefObject<HTMLDivElement>;
  onScroll: () => void;
  toEnd: () => void;
  /** Entries that came below while he was reading above. */
  missed: number;
}

/** `extra`: how many lines hang below the entries. */
export function useScroll(desk: Desk, conv: string, entries: readonly Entry[], extra: number): Scroll {
  const box = useRef<HTMLDivElement>(null);
  const place = useRef({ first: 0, fromEnd: 0, placed: false, seen: 0 });
  const first = entries[0]?.seq ?? 0;
  const last = entries[entries.length - 1]?.seq ?? 0;

  const toEnd = (): void => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  const onScroll = (): void => {
    const element = box.current;
    if (!element) return;
    place.current.fromEnd = element.scrollHeight - element.scrollTop;
    const atEnd = place.current.fromEnd - element.clientHeight < END_PX;
    desk.atEnd.value = atEnd;
    if (atEnd) place.current.seen = last;
    if (element.scrollTop < OLDER_PX) void desk.threads.older(conv);
    if (atEnd) markRead(desk, conv);
  };

  useLayoutEffect(() => {
    const element = box.current;
    if (!element || entries.length === 0) return;
    if (!place.current.placed) {
      place.current.placed = true;
      desk.atEnd.value = true;
      const fresh = element.querySelector('[data-new]');
      toEnd();
      if (fresh && fresh.getBoundingClientRect().top < element.getBoundingClientRect().top)
        fresh.scrollIntoView({ block: 'start' });
    } else if (first < place.current.first) {
      element.scrollTop = element.scrollHeight - place.current.fromEnd;
    } else if (desk.atEnd.peek()) toEnd();
    place.current.first = first;
    onScroll();
  }, [first, last, entries, extra]);

  useLayoutEffect(() => {
    const element = box.current;
    const inner = element?.firstElementChild;
    if (!element || !inner) return;
    // Pictures that load and the composer that grows change heights without a new line.
    const watch = new ResizeObserver(() => desk.atEnd.peek() && toEnd());
    watch.observe(element);
    watch.observe(inner);
    return () => watch.disconnect();
  }, []);

  useEffect(() => {
    const look = (): void => markRead(desk, conv);
    look();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [conv, last]);

  const missed = entries.filter(
    ({ seq, kind }) => seq > place.current.seen && (kind === 'message' || kind === 'note'),
  ).length;
  return { box, onScroll, toEnd, missed: place.current.placed ? missed : 0 };
}

/** What is on the screen of somebody who looks at it has been read. */
function markRead(desk: Desk, conv: string): void {
  const thread = desk.delivery.thread(conv);
  if (thread && desk.looking() === conv) desk.read(conv, thread.last);
}
