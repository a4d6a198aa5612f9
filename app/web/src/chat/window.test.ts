import { describe, expect, it } from 'vitest';
import { LINES_MAX, STEP_LINES, type Span, around, follow, newer, newest, older } from './window';

const COUNT = 5_000;

describe('the window on a long thread', () => {
  it('begins at the end, and is the whole of a short one', () => {
    expect(newest(COUNT).to).toBe(COUNT);
    expect(newest(7)).toEqual({ from: 0, to: 7 });
  });

  it('reaches the first line upwards and the last one downwards, and is never larger than it may be', () => {
    let span: Span = newest(COUNT);
    const seen = new Set<number>();
    const look = (): void => {
      expect(span.to - span.from).toBeLessThanOrEqual(LINES_MAX);
      for (let line = span.from; line < span.to; line += 1) seen.add(line);
    };
    for (; span.from > 0; span = older(span)) look();
    look();
    expect(seen.size).toBe(COUNT);
    seen.clear();
    for (; span.to < COUNT; span = newer(span, COUNT)) look();
    look();
    expect(seen.size).toBe(COUNT);
  });

  it('keeps what the reader sees when it moves', () => {
    const span = older(newest(COUNT));
    expect(older(span).to).toBeGreaterThan(span.from + STEP_LINES);
    expect(newer(span, COUNT).from).toBeLessThan(span.to - STEP_LINES);
  });

  it('shows a line that is asked for', () => {
    for (const line of [0, 1, 2_500, COUNT - 1]) {
      const span = around(line, COUNT);
      expect(line >= span.from && line < span.to).toBe(true);
    }
  });

  it('goes along with new lines at the end, and holds still for who reads above', () => {
    expect(follow(newest(COUNT), COUNT, COUNT + 3, true)).toEqual(newest(COUNT + 3));
    const above = older(older(newest(COUNT)));
    expect(follow(above, COUNT, COUNT + 3, false)).toBe(above);
  });

  it('lets who has scrolled up a little see new lines come below', () => {
    const short = newest(20);
    expect(follow(short, 20, 23, false)).toEqual({ from: 0, to: 23 });
  });

  it('begins anew where the thread became shorter', () => {
    expect(follow(newest(COUNT), COUNT, 3, false)).toEqual({ from: 0, to: 3 });
  });
});
