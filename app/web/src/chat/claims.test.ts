import { expect, it } from 'vitest';
import { claimOf, dataOf } from './claims';

it('tells facts from attributes', () => {
  const user = { name: 'Mei', email: 'mei@example.com', plan: 'gold', attributes: { since: 2021, trial: false } };
  expect(claimOf(user)).toEqual({
    name: 'Mei', email: 'mei@example.com', phone: '', attributes: { plan: 'gold', since: '2021', trial: 'false' },
  });
});

it('takes text alone, and no more than there is room for', () => {
  const odd = { name: { first: 'Mei' }, phone: null, list: [1], deep: { a: 1 }, '': 'x', long: 'x'.repeat(5_000) };
  expect(claimOf(odd)).toEqual({ name: '', email: '', phone: '', attributes: { long: 'x'.repeat(1_000) } });
  expect(claimOf({ attributes: 'none' }).attributes).toEqual({});
  const many = Object.fromEntries(Array.from({ length: 80 }, (_, number) => [`a${number}`, number]));
  expect(Object.keys(claimOf(many).attributes ?? {})).toHaveLength(50);
  expect(Object.keys(dataOf(many))).toHaveLength(20);
  expect(dataOf({ order: 'x'.repeat(400) })).toEqual({ order: 'x'.repeat(300) });
});
