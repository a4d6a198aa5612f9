import { describe, expect, it } from 'vitest';
import type { Speaker } from '../kit/frames';
import type { Pending } from '../kit/outbox';
import type { Entry } from '../kit/thread';
import { lastOwn, linesOf, openReplies, unreadOf } from './lines';

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

  it('let no group become longer than ten', () => {
    const lines = linesOf(Array.from({ length: 25 }, (_, index) => entry(index + 1, ZHOU, 0)), [], 'v');
    expect(lines.map((line) => (line.kind === 'group' ? line.words.length : line.kind))).toEqual(['day', 10, 10, 5]);
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

describe('the line before what is new', () => {
  it('stands before the first of the other side, once, and breaks its group', () => {
    const entries = [entry(1, ZHOU, 0), entry(2, VISITOR, 0), entry(3, ZHOU, 0), entry(4, ZHOU, 0)];
    expect(linesOf(entries, [], 'v', 1).map(({ kind }) => kind)).toEqual(['day', 'group', 'group', 'fresh', 'group']);
    expect(linesOf([entry(1, ZHOU, 0), entry(2, ZHOU, 0)], [], 'v', 1).map(({ kind }) => kind)).toEqual(['day', 'group', 'fresh', 'group']);
  });

  it('is missing where nothing is new', () => {
    expect(linesOf([entry(1, ZHOU, 0), entry(2, VISITOR, 0)], [], 'v', 1).map(({ kind }) => kind)).toEqual(['day', 'group', 'group']);
  });
});

it('a long thread over many days has a line for each', () => {
  const entries = Array.from({ length: 5_000 }, (_, index) => entry(index + 1, index % 2 ? ZHOU : VISITOR, index * 10));
  const count = linesOf(entries, [], 'v').filter(({ kind }) => kind === 'day').length;
  expect(count).toBe(Math.floor((12 * 60 + 4_999 * 10) / (24 * 60)) + 1);
});

describe('quick replies', () => {
  const offer = (seq: number, ...replies: string[]): Entry => entry(seq, ZHOU, 0, { content: { cards: [], replies } });

  it('are there until they are answered', () => {
    expect(openReplies([entry(1, VISITOR, 0), offer(2, 'yes', 'no')], [])).toEqual({ id: 'i2', replies: ['yes', 'no'] });
    expect(openReplies([offer(1, 'yes'), entry(2, VISITOR, 0)], [])).toBeNull();
    expect(openReplies([offer(1, 'yes')], [waiting('x', 0)])).toBeNull();
  });

  it('are the newest, also where words without any follow', () => {
    expect(openReplies([offer(1, 'old'), offer(2, 'new'), entry(3, ZHOU, 0)], [])?.replies).toEqual(['new']);
  });

  it('go with the message that was taken back', () => {
    expect(openReplies([{ ...offer(1, 'yes'), deleted: true, content: null }], [])).toBeNull();
  });
});
