import { describe, expect, it } from 'vitest';
import { ME, contact, conversation, heads, message, row } from '../testing';
import { shifted } from './counts';
import { belongs, counted, headed, introduced, marked, merged, seen, without } from './heads';

describe('views', () => {
  it.each([
    [{ assignee_id: ME }, ['mine', 'all']],
    [{ assignee_id: null, status: 'queued' as const }, ['unassigned', 'all']],
    [{ assignee_id: 'other' }, ['all']],
    [{ assignee_id: ME, status: 'resolved' as const }, ['resolved']],
    [{ assignee_id: null, status: 'closed' as const }, ['resolved']],
  ])('%o belongs into %o', (change, views) => {
    const found = (['mine', 'unassigned', 'all', 'resolved'] as const).filter((view) =>
      belongs(conversation('c', change), view, ME),
    );
    expect(found).toEqual(views);
  });
});

describe('heads', () => {
  const head = (staffSeq: number, change: object = {}) => ({
    t: 'head' as const,
    pos: 1,
    event: 'conversation.assigned',
    conversation: conversation('c', { staff_seq: staffSeq, ...change }),
  });

  it('drops a lower version but keeps its read marks', () => {
    const before = heads(row('c', { staff_seq: 5, last_text: 'new', visitor_read: 1 }));
    const after = headed(before, head(4, { last_text: 'old', visitor_read: 3 })).get('c');
    expect(after?.conversation).toMatchObject({ staff_seq: 5, last_text: 'new', visitor_read: 3 });
  });

  it('takes a newer version and never lets a read mark go back', () => {
    const before = heads(row('c', { staff_seq: 5, visitor_read: 3 }, 2));
    const after = headed(before, head(6, { visitor_read: 1 })).get('c');
    expect(after).toMatchObject({ unread: 2, conversation: { staff_seq: 6, visitor_read: 3 } });
  });

  it('keeps what a live frame told when an older page arrives after it', () => {
    const live = heads(row('c', { staff_seq: 9, status: 'resolved' }, 4));
    expect(merged(live, [row('c', { staff_seq: 8 })]).get('c')).toMatchObject({
      unread: 4,
      conversation: { staff_seq: 9, status: 'resolved' },
    });
  });

  it('introduces a contact wherever he appears', () => {
    const known = introduced(heads(row('c'), row('d')), contact('contact-c', '林若溪'));
    expect(known.get('c')?.contact?.name).toBe('林若溪');
    expect(known.get('d')?.contact?.name).toBe('');
  });

  it('forgets what is gone', () => {
    expect([...without(heads(row('c'), row('d')), { t: 'gone', pos: 1, conv: 'c' }).keys()]).toEqual(['d']);
  });
});

describe('unread', () => {
  const start = heads(row('c', { staff_seq: 3 }, 1));
  const after = (change: object, looking = false) => counted(start, message('c', 4, change), looking).get('c')?.unread;

  it('counts what the visitor wrote, as the server does, and nothing else', () => {
    expect(after({})).toBe(2);
    expect(after({ sender: { kind: 'agent', id: 'other', name: '' } })).toBe(1);
    expect(after({ kind: 'note', sender: { kind: 'agent', id: 'other', name: '' } })).toBe(1);
    expect(after({ sender: { kind: 'bot', id: 'bot', name: '' } })).toBe(1);
    expect(after({ kind: 'notice', sender: { kind: 'visitor', id: 'v', name: '' } })).toBe(1);
    expect(after({ kind: 'edit', target: 'm3' })).toBe(1);
  });

  it('counts nothing before our eyes and no number twice', () => {
    expect(after({}, true)).toBe(1);
    expect(counted(start, message('c', 3), false).get('c')?.unread).toBe(1);
    const once = counted(start, message('c', 4), false);
    expect(counted(once, message('c', 4), false).get('c')?.unread).toBe(2);
  });

  it('is over when it was read, also for a page that does not know it yet', () => {
    const read = seen(start, 'c', 3);
    expect(read.get('c')?.unread).toBe(0);
    expect(merged(read, [row('c', { staff_seq: 3 }, 1)]).get('c')?.unread).toBe(0);
    expect(merged(read, [row('c', { staff_seq: 4 }, 1)]).get('c')?.unread).toBe(1);
    expect(seen(read, 'c', 3)).toBe(read);
  });
});

describe('marks', () => {
  const start = heads(row('c', { visitor_read: 4, staff_read: 2 }));
  const mark = { t: 'watermark' as const, conv: 'c', id: 'x' };

  it('only grow', () => {
    expect(marked(start, { ...mark, by: 'visitor', what: 'read', seq: 3 })).toBe(start);
    expect(marked(start, { ...mark, by: 'visitor', what: 'read', seq: 6 }).get('c')?.conversation.visitor_read).toBe(6);
  });

  it('tell whose they are', () => {
    const moved = marked(start, { ...mark, by: 'agent', what: 'read', seq: 5 }).get('c')?.conversation;
    expect(moved).toMatchObject({ staff_read: 5, visitor_read: 4 });
    expect(marked(start, { ...mark, by: 'agent', what: 'delivered', seq: 9 })).toBe(start);
  });
});

describe('counts', () => {
  const counts = { mine: 2, unassigned: 3, all: 9 };

  it('follow a conversation from one view to another', () => {
    const queued = conversation('c', { status: 'queued' });
    const taken = conversation('c', { assignee_id: ME });
    expect(shifted(counts, queued, taken, ME)).toEqual({ mine: 3, unassigned: 2, all: 9 });
    expect(shifted(counts, taken, { ...taken, status: 'resolved' }, ME)).toEqual({ mine: 1, unassigned: 3, all: 8 });
    expect(shifted(counts, null, queued, ME)).toEqual({ mine: 2, unassigned: 4, all: 10 });
    expect(shifted(counts, queued, null, ME)).toEqual({ mine: 2, unassigned: 2, all: 8 });
  });
});
