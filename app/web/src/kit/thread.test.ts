import { describe, expect, it } from 'vitest';
import type { Kind, Msg } from './frames';
import { Thread } from './thread';

function entry(seq: number, kind: Kind, target: string | null = null): Msg {
  return { t: 'msg', conv: 'c', seq, id: `m${seq}`, kind, sender: { kind: 'agent', id: 'a', name: '' }, at: seq, target };
}

function held(...entries: Msg[]): Thread {
  const thread = new Thread('c', (entries[0]?.seq ?? 1) - 1);
  for (const message of entries) thread.insert(message);
  return thread;
}

describe('the visitor’s count told from staff numbers', () => {
  const thread = held(
    entry(4, 'message'), // 3
    entry(5, 'note'),
    entry(6, 'message'), // 4
    entry(7, 'system'),
    entry(8, 'edit', 'm5'), // of a note: not his to see
    entry(9, 'edit', 'm4'), // 5
    entry(10, 'message'), // 6
  );
  const head = { seq: 6, staff_seq: 10 };

  it.each([
    [6, 10],
    [5, 9],
    [4, 6],
    [3, 4],
    [2, 0],
  ])('%i is staff number %i', (shared, number) => {
    expect(thread.numberOf(shared, head)).toBe(number);
  });

  it('leaves out entries that the head does not know yet', () => {
    thread.insert(entry(11, 'message'));
    expect(thread.numberOf(6, head)).toBe(10);
  });
});
