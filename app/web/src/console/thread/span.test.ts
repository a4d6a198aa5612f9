import { describe, expect, it } from 'vitest';
import { DRAWN_MAX, STEP, around, down, drawn, grown, newest, place, up } from './span';

const thread = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => ({ seq: first + index }));
const shown = (entries: readonly { seq: number }[], span: Parameters<typeof drawn>[1]) => {
  const seqs = drawn(entries, span).map(({ seq }) => seq);
  return [seqs[0], seqs[seqs.length - 1], seqs.length];
};

describe('what is drawn of a long thread', () => {
  const all = thread(1, 10_000);

  it('begins with its end', () => {
    expect(shown(all, newest(all))).toEqual([10_000 - STEP + 1, 10_000, STEP]);
    expect(shown(thread(1, 3), newest(thread(1, 3)))).toEqual([1, 3, 3]);
    expect(drawn([], newest([]))).toEqual([]);
  });

  it('is never more than so many, however far one walks', () => {
    let span = newest(all);
    const walk = (step: typeof up, times: number) => {
      for (let turn = 0; turn < times; turn += 1) {
        const before = drawn(all, span);
        span = step(all, span);
        const after = drawn(all, span);
        expect(after.length).toBeLessThanOrEqual(DRAWN_MAX);
        // what he reads stays: two steps of three are the same
        if (before.length === DRAWN_MAX) expect(after.filter((entry) => before.includes(entry)).length).toBeGreaterThan(0);
      }
    };
    walk(up, 200);
    expect(shown(all, span)[0]).toBe(1);
    expect(up(all, span)).toEqual(span);
    walk(down, 200);
    expect(shown(all, span)[1]).toBe(10_000);
    expect(span.last).toBeNull();
  });

  it('follows what comes for who sees the end, and holds still for who reads above', () => {
    const before = thread(1, 500);
    const following = newest(before);
    const after = thread(1, 700);
    expect(shown(after, grown(after, following, true))).toEqual([700 - 2 * STEP + 1, 700, 2 * STEP]);
    const [first, , count] = shown(after, grown(after, following, false));
    expect([first, count]).toEqual([500 - STEP + 1, DRAWN_MAX]);
  });

  it('does not move when older pages come above it', () => {
    const span = newest(thread(400, 500));
    const before = drawn(thread(400, 500), span).map(({ seq }) => seq);
    expect(drawn(thread(1, 500), span).map(({ seq }) => seq)).toEqual(before);
  });

  it('goes around a number, even one that nothing shows', () => {
    const [first, last, count] = shown(all, around(all, 5_000));
    expect([first, last, count]).toEqual([5_000 - STEP / 2, 5_000 + STEP / 2 - 1, STEP]);
    const holes = all.filter(({ seq }) => seq % 2 === 0);
    expect(holes[place(holes, 4_999)]?.seq).toBe(5_000);
    expect(around(all, 9_999).last).toBeNull();
  });
});
