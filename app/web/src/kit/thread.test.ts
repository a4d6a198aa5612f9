import { describe, expect, it } from 'vitest';
import type { Kind, Msg } from './frames';
import { Thread } from './thread';

function msg(seq: number, kind: Kind = 'message', more: Partial<Msg> = {}): Msg {
  return { t: 'msg', conv: 'c', seq, id: `i${seq}`, kind, sender: { kind: 'agent', id: 'a', name: '' }, at: 0, text: `t${seq}`, ...more };
}

function texts(thread: Thread): string[] {
  return thread.view().map(({ text }) => text ?? '');
}

describe('a thread', () => {
  it('shows the edit with the highest number, however they arrive', () => {
    const thread = new Thread('c');
    const edits = [msg(3, 'edit', { target: 'i1', text: 'late' }), msg(2, 'edit', { target: 'i1', text: 'early' })];
    for (const message of [...edits, msg(1)]) thread.insert(message);
    expect(texts(thread)).toEqual(['late']);
  });

  it('shows nothing of what was deleted after it was edited', () => {
    const thread = new Thread('c');
    for (const message of [msg(1), msg(2, 'edit', { target: 'i1' }), msg(3, 'delete', { target: 'i1' })]) thread.insert(message);
    expect(thread.view().map(({ deleted, text }) => [deleted, text])).toEqual([[true, '']]);
  });

  it('names the first hole: between held numbers, else up to the head', () => {
    const thread = new Thread('c');
    for (const seq of [1, 2, 5, 9]) thread.insert(msg(seq));
    expect(thread.hole()).toEqual({ first: 3, last: 4, tail: false });
    thread.skip({ first: 3, last: 4 });
    expect(thread.hole()).toEqual({ first: 6, last: 8, tail: false });
    thread.skip({ first: 6, last: 8 });
    expect(thread.hole()).toBeNull();
    thread.reach(11);
    expect(thread.hole()).toEqual({ first: 10, last: 11, tail: true });
  });

  it('takes older pages below its floor, where nothing is missing', () => {
    const thread = new Thread('c', 10);
    thread.insert(msg(11));
    thread.prepend([msg(8), msg(10)], 8);
    expect([texts(thread), thread.floor, thread.hole()]).toEqual([['t8', 't10', 't11'], 7, null]);
    expect(thread.insert(msg(9))).toBe(false);
  });

  it('gives the same array until something changes', () => {
    const thread = new Thread('c');
    thread.insert(msg(1));
    const before = thread.view();
    thread.insert(msg(1));
    expect(thread.view()).toBe(before);
    thread.insert(msg(2));
    expect(thread.view()).not.toBe(before);
  });
});
