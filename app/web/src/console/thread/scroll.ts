/**
 * The thread's scrolling: it keeps to the end while the agent is there, and holds still while he reads further up. Only a
 * span of what is held is drawn; it moves with him.
 */
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Entry } from '../../kit/thread';
import type { Desk } from '../state/desk';
import type { Held } from '../state/threads';
import { type Span, around, down, drawn, grown, newest, place, up } from './span';

const END_PX = 48;
/** So near an edge more is drawn beyond it. */
const NEAR_PX = 600;

export interface Scroll {
  box: RefObject<HTMLDivElement>;
  entries: readonly Entry[];
  /** Draws the newest entries and shows the last one. */
  toEnd: () => void;
  /** Fetches and draws what surrounds a number, and brings it into the middle. */
  go: (seq: number) => Promise<void>;
  onScroll: () => void;
  /** Entries that came below while he was reading above. */
  missed: number;
  /** Whether the thread's beginning is drawn. */
  begins: boolean;
}

/** An entry on the screen and where it stands there, so that it stands there after something above it changed. */
interface Anchor {
  readonly seq: string;
  readonly top: number;
}

/** `extra`: how many lines hang below the entries. */
export function useScroll(desk: Desk, conv: string, held: Held, extra: number): Scroll {
  const box = useRef<HTMLDivElement>(null);
  const span = useRef<Span>(newest(held.entries));
  const anchor = useRef<Anchor | null>(null);
  const goal = useRef<number | null>(null);
  const seen = useRef<number | null>(null);
  const [turn, redraw] = useState(0);
  const { entries } = held;
  const last = entries[entries.length - 1]?.seq ?? 0;

  span.current = grown(entries, span.current, desk.atEnd.peek() && seen.current !== null);
  const { first, last: to } = span.current;
  const shown = useMemo(() => drawn(entries, { first, last: to }), [entries, first, to]);
  const wholeEnd = to === null && !held.excerpt;

  const draw = (next: Span): void => {
    if (next.first === span.current.first && next.last === span.current.last) return;
    span.current = next;
    redraw((count) => count + 1);
  };
  const look = (): void => {
    const element = box.current;
    if (!element) return;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    desk.atEnd.value = wholeEnd && below < END_PX;
    anchor.current = desk.atEnd.peek() ? null : inSight(element);
    if (desk.atEnd.peek()) {
      seen.current = last;
      markRead(desk, conv);
    }
    if (element.scrollTop < NEAR_PX) {
      if (place(entries, first) > 0) draw(up(entries, span.current));
      else if (held.older === 'more') void desk.threads.older(conv);
    } else if (below < NEAR_PX && !wholeEnd) {
      if (to !== null) draw(down(entries, span.current));
      else void desk.threads.newer(conv);
    }
  };
  const settle = (): void => {
    const element = box.current;
    if (!element || entries.length === 0) return;
    if (seen.current === null) begin(element, desk);
    else if (goal.current !== null) centre(element, goal.current);
    else hold(element, desk, anchor.current);
    seen.current ??= last;
    goal.current = null;
  };

  useLayoutEffect(() => {
    settle();
    look();
  }, [shown, extra, turn]);
  useLayoutEffect(() => watched(box.current, (element) => hold(element, desk, anchor.current)), []);
  useEffect(() => {
    const read = (): void => markRead(desk, conv);
    read();
    document.addEventListener('visibilitychange', read);
    return () => document.removeEventListener('visibilitychange', read);
  }, [conv, last]);

  const toEnd = (): void => {
    desk.threads.toNewest(conv);
    desk.atEnd.value = true;
    span.current = newest(desk.threads.held(conv).entries);
    redraw((count) => count + 1);
  };
  const go = async (seq: number): Promise<void> => {
    await desk.threads.reach(conv, seq).catch(() => undefined);
    desk.atEnd.value = false;
    goal.current = seq;
    span.current = around(desk.threads.held(conv).entries, seq);
    redraw((count) => count + 1);
  };
  return {
    box,
    entries: shown,
    toEnd,
    go,
    onScroll: look,
    missed: seen.current === null || held.excerpt ? 0 : missed(entries, seen.current),
    begins: held.older === 'none' && place(entries, first) === 0,
  };
}

function missed(entries: readonly Entry[], seen: number): number {
  const after = entries.slice(place(entries, seen + 1));
  return after.filter(({ kind }) => kind === 'message' || kind === 'note').length;
}

/** Where he begins to read: at the first unread line, if that is not on the screen anyway, else at the end. */
function begin(element: HTMLElement, desk: Desk): void {
  desk.atEnd.value = true;
  bottom(element);
  const fresh = element.querySelector('[data-new]');
  if (fresh && fresh.getBoundingClientRect().top < element.getBoundingClientRect().top)
    fresh.scrollIntoView({ block: 'start' });
}

/** He keeps what he sees: the end, or what he reads further up. */
function hold(element: HTMLElement, desk: Desk, anchor: Anchor | null): void {
  if (desk.atEnd.peek()) bottom(element);
  else if (anchor) restore(element, anchor);
}

function bottom(element: HTMLElement): void {
  element.scrollTop = element.scrollHeight;
}

function centre(element: HTMLElement, seq: number): void {
  const lines = [...element.querySelectorAll<HTMLElement>('[data-seq]')];
  const line = lines.find(({ dataset }) => Number(dataset['seq']) >= seq) ?? lines[lines.length - 1];
  line?.scrollIntoView({ block: 'center' });
}

function restore(element: HTMLElement, { seq, top }: Anchor): void {
  const line = element.querySelector<HTMLElement>(`[data-seq="${seq}"]`);
  if (line) element.scrollTop += topOf(line, element) - top;
}

/** The first entry that is on the screen at least in part. */
function inSight(element: HTMLElement): Anchor | null {
  const lines = element.querySelectorAll<HTMLElement>('[data-seq]');
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const line = lines[middle];
    if (line && topOf(line, element) + line.offsetHeight <= 0) low = middle + 1;
    else high = middle;
  }
  const line = lines[low];
  return line ? { seq: line.dataset['seq'] ?? '', top: topOf(line, element) } : null;
}

function topOf(line: HTMLElement, element: HTMLElement): number {
  return line.getBoundingClientRect().top - element.getBoundingClientRect().top;
}

/** Pictures that load and the composer that grows change heights without a new line. */
function watched(element: HTMLElement | null, resized: (element: HTMLElement) => void): (() => void) | undefined {
  const inner = element?.firstElementChild;
  if (!element || !inner) return undefined;
  const watch = new ResizeObserver(() => resized(element));
  watch.observe(element);
  watch.observe(inner);
  return () => watch.disconnect();
}

/** What is on the screen of somebody who looks at it has been read. */
function markRead(desk: Desk, conv: string): void {
  const thread = desk.delivery.thread(conv);
  if (thread && desk.looking() === conv) desk.read(conv, thread.last);
}
