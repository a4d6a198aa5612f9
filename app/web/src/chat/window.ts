/**
 * Which lines of a long thread are drawn: a span of bounded length that moves with the reader, so that five thousand
 * messages scroll as fifty do. Pure; the places of lines in the list, `to` not included.
 */

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** More are never drawn at once. */
export const LINES_MAX = 90;
/** So many come with each step, about a screen. */
export const STEP_LINES = 20;

/** The end of a thread of `count` lines. */
export function newest(count: number): Span {
  return { from: Math.max(0, count - LINES_MAX + STEP_LINES), to: count };
}

/** A step up: what falls out lies below. */
export function older({ from, to }: Span): Span {
  const first = Math.max(0, from - STEP_LINES);
  return { from: first, to: Math.min(to, first + LINES_MAX) };
}

/** A step down: what falls out lies above. */
export function newer({ from, to }: Span, count: number): Span {
  const last = Math.min(count, to + STEP_LINES);
  return { from: Math.max(from, last - LINES_MAX), to: last };
}

/** Around one line, with what comes after it first. */
export function around(line: number, count: number): Span {
  const from = Math.max(0, line - STEP_LINES);
  return { from, to: Math.min(count, from + LINES_MAX) };
}

/** The thread has grown from `before` to `count` lines: who sees its end stays there, anybody else where he is. */
export function follow(span: Span, before: number, count: number, atEnd: boolean): Span {
  if (atEnd || count < span.to) return newest(count);
  return span.to < before ? span : { from: span.from, to: Math.min(count, span.from + LINES_MAX) };
}
