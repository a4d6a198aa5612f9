import { expect, it } from 'vitest';
import type { Thread as Head } from '../kit/frames';
import type { Entry } from '../kit/thread';
import { askedFrom, ratable, ratingOf, talk } from './rating';

const HOUR = 3_600_000;

function entry(part: Partial<Entry>): Entry {
  const sender = { kind: 'visitor' as const, id: 'v', name: '' };
  return { conv: 'c', seq: 1, id: 'e', kind: 'message', sender, at: 0, text: 'Hello', ...part } as Entry;
}

const agent = { kind: 'agent' as const, id: 'a', name: 'Zhou Ke' };
const asked = entry({ at: 0 });
const answer = entry({ at: 9 * 60_000, sender: agent });
const rated = (at: number, score: string): Entry =>
  entry({ at, kind: 'notice', data: { event: 'rated', score, tags: 'clear,fast,rude', text: 'Thanks' } });
const head = (status: string): Head => ({ conv: 'c', status, seq: 3, created_at: 0 }) as Head;

const over = (from: string | undefined): Entry =>
  entry({ at: 10 * 60_000, kind: 'notice', data: { event: 'resolved', agent: 'Zhou Ke', ...(from === undefined ? {} : { rate_from: from }) } });

it('asks once it is over and the line of its end says so', () => {
  const said = [asked, answer, over(String(HOUR))];
  expect(ratable(head('resolved'), said, HOUR)).toBe(true);
  expect(ratable(head('closed'), said, HOUR)).toBe(true);
  expect(ratable(head('open'), said, HOUR)).toBe(false);
  expect(ratable(head('resolved'), said, HOUR - 1)).toBe(false);
  expect(ratable(head('resolved'), [asked, answer, over(undefined)], HOUR)).toBe(false);
  expect(ratable(head('resolved'), said, 8 * 24 * HOUR)).toBe(false);
  expect(ratable(null, [], HOUR)).toBe(false);
  expect(askedFrom([over('5'), over(undefined), over('7')])).toBe(7);
});

it('lets a rating be changed for a day from its first', () => {
  const entries = [asked, answer, rated(HOUR, '2'), rated(2 * HOUR, '5')];
  expect(ratingOf(entries)).toEqual({ score: 5, tags: ['clear', 'fast', 'rude'], text: 'Thanks', at: HOUR });
  expect(ratable(head('resolved'), entries, 24 * HOUR)).toBe(true);
  expect(ratable(head('resolved'), entries, 25 * HOUR)).toBe(false);
  expect(ratingOf([asked, answer])).toBeNull();
});

it('knows who answered and how long it took', () => {
  expect(talk([asked, answer])).toEqual({ id: 'a', name: 'Zhou Ke', minutes: 9 });
  expect(talk([asked])).toBeNull();
});
