/**
 * Which entries of a long thread are drawn: a span of bounded length that moves with the reader, so that ten thousand
 * messages scroll as fifty do. Pure; by number, so that older pages that arrive above move nothing.
 */

interface Numbered {
  readonly seq: number;
}

/** From `first` to `last`, both included; `last` null: to the newest, whatever comes. */
export interface Span {
  readonly first: number;
  readonly last: number | null;
}

/** More are never drawn at once. */
export const DRAWN_MAX = 180;
/** So many come with each step: a few screens. */
export const STEP = 60;

/** The end of a thread. */
export function newest(entries: readonly Numbered[]): Span {
  return { first: numberAt(entries, entries.length - STEP), last: null };
}

/** Around one number. */
export function around(entries: readonly Numbered[], seq: number): Span {
  return between(entries, place(entries, seq) - STEP / 2, place(entries, seq) + STEP / 2);
}

/** A step up: what falls out lies below. The same span where nothing lies above. */
export function up(entries: readonly Numbered[], span: Span): Span {
  const from = place(entries, span.first);
  if (from === 0) return span;
  return between(entries, from - STEP, Math.min(end(entries, span), from - STEP + DRAWN_MAX));
}

/** A step down: what falls out lies above. */
export function down(entries: readonly Numbered[], span: Span): Span {
  const to = Math.min(entries.length, end(entries, span) + STEP);
  return between(entries, Math.max(place(entries, span.first), to - DRAWN_MAX), to);
}

/** What the span is once the thread has grown: who sees its end stays there, anybody else keeps what he reads. */
export function grown(entries: readonly Numbered[], span: Span, atEnd: boolean): Span {
  const from = place(entries, span.first);
  if (span.last !== null || entries.length - from <= DRAWN_MAX) return span;
  return atEnd ? between(entries, entries.length - 2 * STEP, entries.length) : between(entries, from, from + DRAWN_MAX);
}

export function drawn<T extends Numbered>(entries: readonly T[], span: Span): readonly T[] {
  return entries.slice(place(entries, span.first), end(entries, span));
}

/** Where the first entry of this number or a higher one stands. */
export function place(entries: readonly Numbered[], seq: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

function between(entries: readonly Numbered[], from: number, to: number): Span {
  return { first: numberAt(entries, from), last: to >= entries.length ? null : numberAt(entries, to - 1) };
}

function numberAt(entries: readonly Numbered[], index: number): number {
  return entries[Math.max(0, index)]?.seq ?? 0;
}

function end(entries: readonly Numbered[], { last }: Span): number {
  return last === null ? entries.length : place(entries, last + 1);
}
