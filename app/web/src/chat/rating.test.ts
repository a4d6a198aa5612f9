import { expect, it } from 'vitest';
import type { Thread as Head } from '../kit/frames';
import type { Entry } from '../kit/thread';
import { ratable, ratingOf, talk } from './rating';

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

it('asks once it is over and somebody has answered', () => {
  expect(ratable(head('resolved'), [asked, answer], HOUR)).toBe(true);
  expect(ratable(head('closed'), [asked, answer], HOUR)).toBe(true);
  expect(ratable(head('open'), [asked, answer], HOUR)).toBe(false);
  expect(ratable(head('resolved'), [asked], HOUR)).toBe(false);
  expect(ratable(head('resolved'), [asked, answer], 8 * 24 * HOUR)).toBe(false);
  expect(ratable(null, [], HOUR)).toBe(false);
});

it('lets a rating be changed for a day from its first', () => {
  const entries = [asked, answer, rated(HOUR, '2'), rated(2 * HOUR, '5')];
  expect(ratingOf(entries)).toEqual({ score: 5, tags: ['fast', 'clear'], text: 'Thanks', at: HOUR });
  expect(ratable(head('resolved'), entries, 24 * HOUR)).toBe(true);
  expect(ratable(head('resolved'), entries, 25 * HOUR)).toBe(false);
  expect(ratingOf([asked, answer])).toBeNull();
});

it('knows who answered and how long it took', () => {
  expect(talk([asked, answer])).toEqual({ id: 'a', name: 'Zhou Ke', minutes: 9 });
  expect(talk([asked])).toBeNull();
});
