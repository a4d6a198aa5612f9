import { describe, expect, it } from 'vitest';
import type { Speaker } from '../kit/frames';
import type { Pending } from '../kit/outbox';
import type { Entry } from '../kit/thread';
import { lastOwn, linesOf, unreadOf } from './lines';

const NOON = new Date(2026, 2, 3, 12).getTime();
const MINUTE = 60_000;
const VISITOR: Speaker = { kind: 'visitor', id: 'v', name: '' };
const ZHOU: Speaker = { kind: 'agent', id: 'a', name: '周可' };

function entry(seq: number, sender: Speaker, minutes: number, more: Partial<Entry> = {}): Entry {
  return { conv: 'c', seq, id: `i${seq}`, kind: 'message', sender, at: NOON + minutes * MINUTE, text: String(seq), ...more };
}

function waiting(cid: string, minutes: number): Pending {
  return { command: { t: 'send', cid, conv: 'c', text: cid }, files: [], at: NOON + minutes * MINUTE, tries: 1, refused: null };
}

describe('lines', () => {
  it('group one speaker within three minutes', () => {
    const lines = linesOf([entry(1, VISITOR, 0), entry(2, VISITOR, 2), entry(3, VISITOR, 6), entry(4, ZHOU, 6)], [], 'v');
    expect(lines.map((line) => (line.kind === 'group' ? line.words.length : line.kind))).toEqual(['day', 2, 1, 1]);
  });

  it('begin with the day and mark where another begins', () => {
    const lines = linesOf([entry(1, VISITOR, 0), entry(2, VISITOR, 24 * 60)], [], 'v');
    expect(lines.map(({ kind }) => kind)).toEqual(['day', 'group', 'day', 'group']);
  });

  it('break a group at a notice', () => {
    const notice = entry(2, ZHOU, 1, { kind: 'notice', data: { event: 'joined', agent: '周可' } });
    const lines = linesOf([entry(1, VISITOR, 0), notice, entry(3, VISITOR, 1)], [], 'v');
    expect(lines.map(({ kind }) => kind)).toEqual(['day', 'group', 'notice', 'group']);
  });

  it('put what waits after everything held, in the same group', () => {
    const lines = linesOf([entry(1, VISITOR, 0)], [waiting('x', 1), waiting('y', 1)], 'v');
    const group = lines[1];
    expect(group?.kind === 'group' && group.words.map(({ key }) => key)).toEqual(['i1', 'x', 'y']);
  });

  it('keep the key of a bubble when it is confirmed', () => {
    const before = linesOf([], [waiting('x', 0)], 'v')[1];
    const after = linesOf([entry(1, VISITOR, 0, { cid: 'x' })], [], 'v')[1];
    expect(after?.key).toBe(before?.key);
  });
});

it('the delivery state stands under the last own words that were not deleted', () => {
  expect(lastOwn([entry(1, VISITOR, 0), entry(2, VISITOR, 0, { deleted: true }), entry(3, ZHOU, 0)])?.id).toBe('i1');
});

it('only messages of the other side beyond the read mark are unread', () => {
  const entries = [entry(1, ZHOU, 0), entry(2, VISITOR, 0), entry(3, ZHOU, 0), entry(4, ZHOU, 0, { kind: 'notice' })];
  expect(unreadOf(entries, 1)).toBe(1);
  expect(unreadOf(entries, 0)).toBe(2);
});
