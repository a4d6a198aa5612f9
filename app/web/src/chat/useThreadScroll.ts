/** The thread's scrolling: at its end while the reader is there, still while he reads above, in pages of a long one. */
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Line } from './lines';
import { type Span, around, follow, newer, newest, older } from './window';

const END_PX = 48;
/** So near to the end of what is drawn, the next page is drawn. */
const PAGE_PX = 600;

export interface ThreadScroll {
  box: RefObject<HTMLDivElement>;
  span: Span;
  atEnd: boolean;
  onScroll: () => void;
  toEnd: () => void;
}

/** `mark`: the key of the line that is brought into view when it comes (where the new begins), or null. */
export function useThreadScroll(lines: readonly Line[], mark: string | null): ThreadScroll {
  const box = useRef<HTMLDivElement>(null);
  const [span, setSpan] = useState(() => newest(lines.length));
  const [atEnd, setAtEnd] = useState(true);
  const stays = useRef(true); // the same, at once: whoever has begun to scroll is not pulled back before it is drawn
  const count = useRef(lines.length);
  const wanted = useRef<string | null>(null);
  const anchor = useRef<{ key: string; top: number } | null>(null);

  let shown = span;
  if (count.current !== lines.length) {
    shown = follow(span, count.current, lines.length, stays.current);
    count.current = lines.length;
    if (shown !== span) setSpan(shown);
  }

  const end = (is: boolean): void => {
    stays.current = is;
    setAtEnd(is);
  };
  const down = (): void => {
    if (box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  };
  const move = (next: Span): void => {
    if (next.from === shown.from && next.to === shown.to) return;
    anchor.current = topLine(box.current);
    setSpan(next);
  };

  useLayoutEffect(() => {
    if (anchor.current === null) return;
    keep(box.current, anchor.current);
    anchor.current = null;
  }, [span]);
  useLayoutEffect(() => {
    if (stays.current && anchor.current === null) down();
  });
  useLayoutEffect(() => {
    wanted.current = mark;
    const index = mark === null ? -1 : lines.findIndex(({ key }) => key === mark);
    if (index >= 0 && (index < shown.from || index >= shown.to)) setSpan(around(index, lines.length));
  }, [mark]);
  useLayoutEffect(() => {
    const line = wanted.current === null ? null : lineOf(box.current, wanted.current);
    if (line === null || box.current === null) return;
    wanted.current = null;
    const above = line.getBoundingClientRect().top - box.current.getBoundingClientRect().top;
    if (above >= 0) return;
    box.current.scrollTop += above;
    end(false);
  }, [mark, span]);
  useEffect(() => {
    // images that load, a field that grows, a keyboard that comes: each moves the end
    const watcher = new ResizeObserver(() => { if (stays.current) down(); });
    for (const child of [box.current, box.current?.firstElementChild]) if (child) watcher.observe(child);
    return () => watcher.disconnect();
  }, []);

  const onScroll = (): void => {
    const place = box.current;
    if (place === null) return;
    const below = place.scrollHeight - place.scrollTop - place.clientHeight;
    end(shown.to === lines.length && below < END_PX);
    if (place.scrollTop < PAGE_PX && shown.from > 0) move(older(shown));
    else if (below < PAGE_PX && shown.to < lines.length) move(newer(shown, lines.length));
  };
  const toEnd = (): void => {
    setSpan(newest(lines.length));
    end(true);
  };
  return { box, span: shown, atEnd, onScroll, toEnd };
}

/** The first line that can be seen, and where. */
function topLine(box: HTMLElement | null): { key: string; top: number } | null {
  if (box === null) return null;
  const edge = box.getBoundingClientRect().top;
  for (const line of box.querySelectorAll<HTMLElement>('[data-line]')) {
    const { top, bottom } = line.getBoundingClientRect();
    if (bottom > edge) return { key: line.dataset['line'] ?? '', top: top - edge };
  }
  return null;
}

/** Puts a line back where it was. */
function keep(box: HTMLElement | null, { key, top }: { key: string; top: number }): void {
  const line = lineOf(box, key);
  if (box === null || line === null) return;
  box.scrollTop += line.getBoundingClientRect().top - box.getBoundingClientRect().top - top;
}

function lineOf(box: HTMLElement | null, key: string): HTMLElement | null {
  return box?.querySelector<HTMLElement>(`[data-line="${CSS.escape(key)}"]`) ?? null;
}
