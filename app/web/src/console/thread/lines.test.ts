import '../../kit/testing/browser';
import { describe, expect, it } from 'vitest';
import type { Pending } from '../../kit/outbox';
import { ME, message } from '../testing';
import { GROUP_MS, type Line, lines } from './lines';
import { amended } from './pending';

const MORNING = new Date(2026, 10, 26, 9, 0).getTime();
const US = { kind: 'agent' as const, id: ME, name: 'Zhou Ke' };

function shape(made: readonly Line[]): string[] {
  return made.map((line) => {
    if (line.kind === 'said') return `said ${line.entries.map(({ seq }) => seq).join('+')}`;
    if (line.kind === 'new') return `new ${line.count}`;
    return line.kind === 'day' ? 'day' : `${line.kind} ${line.entry.seq}`;
  });
}

describe('lines of a thread', () => {
  it('groups one speaker within three minutes', () => {
    const entries = [
      message('c', 1, { at: MORNING }),
      message('c', 2, { at: MORNING + GROUP_MS - 1 }),
      message('c', 3, { at: MORNING + 2 * GROUP_MS }),
      message('c', 4, { at: MORNING + 2 * GROUP_MS, sender: US }),
    ];
    expect(shape(lines(entries, null, ME))).toEqual(['day', 'said 1+2', 'said 3', 'said 4']);
  });

  it('parts a group by a note, an event and a new day', () => {
    const entries = [
      message('c', 1, { at: MORNING }),
      message('c', 2, { at: MORNING, kind: 'note', sender: US }),
      message('c', 3, { at: MORNING }),
      message('c', 4, { at: MORNING, kind: 'notice' }),
      message('c', 5, { at: MORNING }),
      message('c', 6, { at: MORNING + 24 * 3_600_000 }),
    ];
    expect(shape(lines(entries, null, ME))).toEqual([
      'day',
      'said 1',
      'note 2',
      'said 3',
      'event 4',
      'said 5',
      'day',
      'said 6',
    ]);
  });

  it('draws one line before what is new, counting only what others wrote', () => {
    const entries = [
      message('c', 1, { at: MORNING }),
      message('c', 2, { at: MORNING }),
      message('c', 3, { at: MORNING, sender: US }),
      message('c', 4, { at: MORNING }),
    ];
    expect(shape(lines(entries, { readTo: 1, last: 4 }, ME))).toEqual([
      'day',
      'said 1',
      'new 2',
      'said 2',
      'said 3',
      'said 4',
    ]);
    // What came after he had come is not counted.
    expect(shape(lines(entries, { readTo: 1, last: 3 }, ME))).toEqual([
      'day',
      'said 1',
      'new 1',
      'said 2',
      'said 3',
      'said 4',
    ]);
    expect(shape(lines(entries, { readTo: 4, last: 4 }, ME))).toEqual(['day', 'said 1+2', 'said 3', 'said 4']);
  });
});

describe('unconfirmed changes', () => {
  const entries = [message('c', 1), message('c', 2)];
  const pending = (command: Pending['command'], refused: Pending['refused'] = null): Pending => ({
    command,
    files: [],
    at: 0,
    tries: 1,
    refused,
  });
  const cid = '0'.repeat(32);

  it('lie over the thread until they are confirmed or refused', () => {
    const edit = pending({ t: 'edit', cid, conv: 'c', id: 'm1', text: 'better' });
    expect(amended(entries, [edit])[0]).toMatchObject({ text: 'better', changing: true });
    const taken = pending({ t: 'delete', cid, conv: 'c', id: 'm2' });
    expect(amended(entries, [taken])[1]).toMatchObject({ text: '', deleted: true });
    expect(amended(entries, [{ ...edit, refused: { code: 'closed', text: '' } }])).toBe(entries);
  });
});
