import { describe, expect, it } from 'vitest';
import { type Macro, matching } from './macros';

const macro = (name: string, used: number): Macro => ({
  id: name, name, scope: 'me', owner_id: 'a', team_id: null, actions: [], used,
});

describe('macros', () => {
  const all = [macro('Refund: small', 1), macro('Refund: large', 5), macro('Close as spam', 9)];
  it('are found by every word, the more used first', () => {
    expect(matching(all, 'refund').map(({ name }) => name)).toEqual(['Refund: large', 'Refund: small']);
    expect(matching(all, ' SMALL refund').map(({ name }) => name)).toEqual(['Refund: small']);
    expect(matching(all, '')).toHaveLength(3);
    expect(matching(all, 'x')).toEqual([]);
  });
});
