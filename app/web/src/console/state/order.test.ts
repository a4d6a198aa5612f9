import { describe, expect, it } from 'vitest';
import { layout, visible } from '../list/layout';
import { ME, heads, row } from '../testing';
import { EVERYTHING } from './filters';
import { held, moved, ordered } from './order';

const ids = (list: readonly { id: string }[]): string => list.map(({ id }) => id).join('');

describe('the order of a view', () => {
  const table = heads(
    row('a', { assignee_id: ME, last_at: 10 }),
    row('b', { assignee_id: ME, waiting_since: 50 }),
    row('c', { assignee_id: ME, waiting_since: 20 }),
    row('d', { assignee_id: ME, last_at: 30 }),
    row('e', { assignee_id: 'other', waiting_since: 1 }),
    row('f', { assignee_id: ME, status: 'resolved', last_at: 99 }),
  );

  it('puts the longest waiting first, then the newest of the others', () => {
    expect(ids(ordered(table, 'mine', ME))).toBe('cbda');
    expect(ids(ordered(table, 'all', ME))).toBe('ecbda');
    expect(ids(ordered(table, 'resolved', ME))).toBe('f');
  });

  it('follows the chosen sort inside each group', () => {
    expect(ids(ordered(table, 'mine', ME, { ...EVERYTHING, sort: 'newest' }))).toBe('cbda');
    expect(ids(ordered(table, 'mine', ME, { ...EVERYTHING, sort: 'oldest' }))).toBe('bcad');
  });

  it('shows what passes, and what is open', () => {
    const narrow = { ...EVERYTHING, assignee: 'other' };
    expect(ids(ordered(table, 'all', ME, narrow))).toBe('e');
    expect(ids(ordered(table, 'all', ME, narrow, 'd'))).toBe('ed');
  });

  it('holds still: what came is at the end, what is gone is gone', () => {
    const kept = ordered(table, 'mine', ME);
    const now = heads(
      row('b', { assignee_id: ME }),
      row('c', { assignee_id: ME, waiting_since: 20 }),
      row('x', { assignee_id: ME, waiting_since: 1 }),
    );
    const fresh = ordered(now, 'mine', ME);
    expect(ids(fresh)).toBe('xcb');
    const shown = held(kept, fresh, now);
    expect(ids(shown)).toBe('cbx');
    expect(moved(shown, fresh)).toBeGreaterThan(0);
    expect(moved(fresh, fresh)).toBe(0);
  });
});

describe('the layout of a long list', () => {
  const shown = Array.from({ length: 5_000 }, (_, index) => ({
    id: `r${index}`,
    group: index < 3 ? ('us' as const) : ('customer' as const),
  }));

  it('puts a caption before each group and draws only what is in sight', () => {
    const { items, height } = layout(shown);
    expect(height).toBe(5_000 * 60 + 2 * 36);
    expect(items.filter(({ kind }) => kind === 'caption').map(({ top }) => top)).toEqual([0, 36 + 3 * 60]);
    const drawn = visible(items, 150_000, 800);
    expect(drawn.length).toBeLessThan(40);
    expect(drawn.every(({ top }) => top > 149_000 && top < 152_000)).toBe(true);
  });
});
