import { describe, expect, it } from 'vitest';
import type { Api } from '../../kit/api';
import type { Conversation, Gone, Head, Watermark } from '../../kit/frames';
import { ME, contact, conversation, message, row } from '../testing';
import type { Row } from './heads';
import { Lists } from './lists';

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Lists over an API whose answers the test gives, one by one; `next` where another page follows. */
function asked() {
  const answers: ((rows: readonly Row[], next?: string) => void)[] = [];
  const get = (path: string): Promise<unknown> =>
    new Promise((resolve) => {
      answers.push((rows, next) => {
        const [only] = rows;
        const counts = { mine: 0, unassigned: 0, all: 0 };
        resolve(path.includes('?') ? { conversations: rows, next: next ?? null, counts } : only);
      });
    });
  return { lists: new Lists({ get } as unknown as Api, ME, () => null), answers };
}

function head(pos: number, staffSeq: number, change: Partial<Conversation> = {}): Head {
  const told = conversation('c', { staff_seq: staffSeq, ...change });
  return { t: 'head', pos, event: 'x', conversation: told, contact: contact('contact-c', '林若溪') };
}

const gone = (pos: number): Gone => ({ t: 'gone', pos, conv: 'c' });
const mark = (change: Partial<Watermark>): Watermark => {
  return { t: 'watermark', conv: 'c', what: 'read', by: 'visitor', id: 'v', seq: 3, ...change };
};

describe('facts about a contact', () => {
  const named = (name: string) => contact('contact-c', name);

  it('that the line told outlast an answer that was asked for before', async () => {
    const { lists, answers } = asked();
    const before = lists.load('all');
    lists.receive({ t: 'contact', pos: 3, contact: named('new') });
    answers[0]?.([{ ...row('c'), contact: named('old') }]);
    await before;
    expect(lists.heads.value.get('c')?.contact?.name).toBe('new');
    const after = lists.load('all');
    answers[1]?.([{ ...row('c'), contact: named('newer') }]);
    await after;
    expect(lists.heads.value.get('c')?.contact?.name).toBe('newer');
  });

  it('hold for a row that was there already', async () => {
    const { lists, answers } = asked();
    lists.receive(head(1, 1));
    const loading = lists.load('all');
    lists.receive({ t: 'contact', pos: 3, contact: named('new') });
    answers[1]?.([{ ...row('c', { staff_seq: 1 }), contact: named('old') }]);
    await loading;
    expect(lists.heads.value.get('c')?.contact?.name).toBe('new');
  });
});

describe('between head and gone of one conversation', () => {
  it('an older head does not bring back what is gone', () => {
    const { lists } = asked();
    lists.receive(gone(8));
    lists.receive(head(5, 4));
    expect(lists.heads.value.has('c')).toBe(false);
    lists.receive(head(9, 4));
    expect(lists.heads.value.has('c')).toBe(true);
  });

  it('an older gone does not take away what came back', () => {
    const { lists } = asked();
    lists.receive(head(8, 4));
    lists.receive(head(6, 3));
    lists.receive(gone(7));
    expect(lists.heads.value.has('c')).toBe(true);
    lists.receive(gone(9));
    expect(lists.heads.value.has('c')).toBe(false);
  });

  it('holds for rows that were fetched over a head', async () => {
    const { lists, answers } = asked();
    lists.receive(head(8, 4));
    const loading = lists.load('all');
    answers[1]?.([row('c', { staff_seq: 4 })]);
    await loading;
    lists.receive(gone(7));
    expect(lists.heads.value.has('c')).toBe(true);
  });

  it('the answer to an own command does not bring back what it gave away', () => {
    const { lists } = asked();
    lists.receive(head(3, 1));
    lists.receive(gone(4));
    lists.receive(head(0, 2));
    expect(lists.heads.value.has('c')).toBe(false);
  });

  it('a page asked for before the loss does not bring it back, one asked for after it does', async () => {
    const { lists, answers } = asked();
    const before = lists.load('all');
    lists.receive(gone(8));
    answers[0]?.([row('c'), row('d')]);
    await before;
    expect([...lists.heads.value.keys()]).toEqual(['d']);
    const after = lists.load('all');
    answers[1]?.([row('c'), row('d')]);
    await after;
    expect([...lists.heads.value.keys()]).toEqual(['d', 'c']);
  });

  it('tells who fetched a single row that it was lost meanwhile', () => {
    const { lists } = asked();
    const known = lists.known();
    lists.receive(gone(8));
    expect(lists.put(row('c'), known)).toBe(false);
    expect(lists.put(row('c'), lists.known())).toBe(true);
  });
});

describe('a view that is fetched', () => {
  it('does not drop a conversation that came while it was on its way, but one that it lacks', async () => {
    const { lists, answers } = asked();
    lists.put(row('d'), 0);
    const loading = lists.load('all');
    lists.receive(head(8, 1));
    answers[0]?.([]);
    await loading;
    expect([...lists.heads.value.keys()]).toEqual(['c']);
  });

  it('does not drop a conversation that moved while it was on its way', async () => {
    const { lists, answers } = asked();
    lists.put(row('c'), 0);
    const loading = lists.load('all');
    lists.receive(head(8, 3));
    answers[0]?.([]);
    await loading;
    expect([...lists.heads.value.keys()]).toEqual(['c']);
  });
});

describe('a view of several pages', () => {
  it('drops what none of them lists, when the last one has come', async () => {
    const { lists, answers } = asked();
    for (const id of ['c', 'd', 'e']) lists.put(row(id), 0);
    const loading = lists.load('all');
    answers[0]?.([row('c')], 'more');
    await turn();
    expect([...lists.heads.value.keys()]).toEqual(['c', 'd', 'e']);
    answers[1]?.([row('e')]);
    await loading;
    expect([...lists.heads.value.keys()]).toEqual(['c', 'e']);
  });

  it('drops nothing while there are pages that were not asked for', async () => {
    const { lists, answers } = asked();
    lists.put(row('d', { status: 'resolved' }), 0);
    const loading = lists.load('resolved');
    answers[0]?.([row('c', { status: 'resolved' })], 'more');
    await loading;
    expect([...lists.heads.value.keys()]).toEqual(['d', 'c']);
  });
});

describe('a reset', () => {
  it('drops what is held and what was on its way', async () => {
    const { lists, answers } = asked();
    lists.put(row('d'), 0);
    const before = lists.load('all');
    lists.reset();
    expect(lists.heads.value.size).toBe(0);
    answers[0]?.([row('c'), row('d')]);
    await before;
    expect(lists.heads.value.size).toBe(0);
    const after = lists.load('all');
    answers[1]?.([row('d')]);
    await after;
    expect([...lists.heads.value.keys()]).toEqual(['d']);
  });
});

describe('unread messages', () => {
  const unread = (lists: Lists): number | undefined => lists.heads.value.get('c')?.unread;
  const agents = { sender: { kind: 'agent', id: 'other', name: '' } } as const;

  it('of a conversation that was told from its beginning are counted here', () => {
    const { lists, answers } = asked();
    lists.receive(message('c', 1));
    lists.receive(message('c', 1));
    lists.receive(message('c', 2, agents));
    lists.receive(message('c', 3));
    lists.receive(head(8, 3));
    expect(unread(lists)).toBe(2);
    lists.receive(message('c', 4));
    lists.receive(head(9, 4));
    expect(unread(lists)).toBe(3);
    expect(answers).toHaveLength(0);
  });

  it('of one that was met in the middle are asked for, again where it went on meanwhile', async () => {
    const { lists, answers } = asked();
    lists.receive(message('c', 7));
    lists.receive(head(8, 7));
    lists.receive(message('c', 8));
    lists.receive(head(9, 8));
    expect(answers).toHaveLength(1);
    answers[0]?.([row('c', { staff_seq: 7 }, 4)]);
    await turn();
    answers[1]?.([row('c', { staff_seq: 8 }, 5)]);
    await turn();
    expect(unread(lists)).toBe(5);
    expect(answers).toHaveLength(2);
  });

  it('of one with an entry that was not told, as own ones are not, are asked for', () => {
    const { lists, answers } = asked();
    lists.receive(message('c', 1));
    lists.receive(message('c', 3));
    lists.receive(head(8, 3));
    expect(answers).toHaveLength(1);
  });

  it('are asked for at the next change where the answer was lost', async () => {
    const { lists, answers } = asked();
    lists.receive(head(8, 7));
    answers[0]?.([]);
    await turn();
    lists.receive(head(9, 8));
    answers[1]?.([row('c', { staff_seq: 8 }, 5)]);
    await turn();
    expect(unread(lists)).toBe(5);
    lists.receive(head(10, 9));
    expect(answers).toHaveLength(2);
  });

  it('are asked for when this agent has read a part of them elsewhere', async () => {
    const { lists, answers } = asked();
    lists.put(row('c', { seq: 6, staff_seq: 6 }, 3), 0);
    lists.receive(mark({ by: 'agent', id: 'other', seq: 5 }));
    expect(answers).toHaveLength(0);
    lists.receive(mark({ by: 'agent', id: ME, seq: 5 }));
    answers[0]?.([row('c', { seq: 6, staff_seq: 6 }, 1)]);
    await turn();
    expect(unread(lists)).toBe(1);
    lists.receive(mark({ by: 'agent', id: ME, seq: 6 }));
    expect(unread(lists)).toBe(0);
    expect(answers).toHaveLength(1);
  });
});

describe('watermarks that come before the list', () => {
  it('are kept for the row', async () => {
    const { lists, answers } = asked();
    lists.receive(mark({ seq: 5 }));
    lists.receive(mark({ seq: 4 }));
    lists.receive(mark({ what: 'delivered', seq: 6 }));
    lists.receive(mark({ by: 'agent', id: 'other', seq: 2 }));
    const loading = lists.load('all');
    answers[0]?.([row('c', { visitor_read: 1, staff_read: 9 })]);
    await loading;
    expect(lists.heads.value.get('c')?.conversation).toMatchObject({
      visitor_read: 5,
      visitor_delivered: 6,
      staff_read: 9,
    });
  });

  it('are kept for the head too', () => {
    const { lists } = asked();
    lists.receive(mark({ seq: 5 }));
    lists.receive(head(8, 6, { visitor_read: 1 }));
    expect(lists.heads.value.get('c')?.conversation.visitor_read).toBe(5);
  });

  it('say what this agent has read elsewhere', async () => {
    const { lists, answers } = asked();
    lists.receive(mark({ by: 'agent', id: ME, seq: 4 }));
    const loading = lists.load('all');
    answers[0]?.([row('c', { seq: 4, staff_seq: 5 }, 2), row('d', {}, 2)]);
    await loading;
    expect([...lists.heads.value.values()].map(({ unread }) => unread)).toEqual([0, 2]);
  });

  it('do not go back when the page that was on its way is older', async () => {
    const { lists, answers } = asked();
    lists.put(row('c', { visitor_read: 1 }), 0);
    const loading = lists.load('all');
    lists.receive(mark({ seq: 5 }));
    answers[0]?.([row('c', { visitor_read: 1 })]);
    await loading;
    await turn();
    expect(lists.heads.value.get('c')?.conversation.visitor_read).toBe(5);
  });
});

describe('where this agent is mentioned', () => {
  const named = { kind: 'note', sender: { kind: 'agent', id: 'o', name: 'O' }, data: { [ME]: 'me' } } as const;

  it('is a view of what was fetched and what the line tells', async () => {
    const { lists, answers } = asked();
    lists.show('mentioned');
    answers[0]?.([row('a')]);
    await turn();
    lists.receive({ t: 'head', pos: 1, event: 'x', conversation: conversation('b'), contact: contact('contact-b') });
    lists.receive(message('b', 2, named));
    lists.receive(message('b', 3, { ...named, data: { other: 'x' } }));
    expect(lists.order.value.map(({ id }) => id).sort()).toEqual(['a', 'b']);
  });

  it('counts until he has looked', () => {
    const { lists } = asked();
    lists.receive(message('b', 2, named));
    lists.receive(message('c', 2, named));
    expect(lists.unseen.value.size).toBe(2);
    lists.seen('b', 2);
    expect([...lists.unseen.value]).toEqual(['c']);
  });
});
