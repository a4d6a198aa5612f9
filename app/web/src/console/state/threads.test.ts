import '../../kit/testing/browser';
import { expect, it } from 'vitest';
import type { Api } from '../../kit/api';
import type { Delivery } from '../../kit/delivery';
import type { Msg } from '../../kit/frames';
import { Thread } from '../../kit/thread';
import { ME, contact, conversation, message } from '../testing';
import { Lists } from './lists';
import { Threads } from './threads';

const AGENTS = { sender: { kind: 'agent', id: 'other', name: '' } } as const;

/** Threads over a server that holds one conversation, and a delivery client that only holds. */
function opened(messages: readonly Msg[], unread: number, agentRead: number) {
  const thread = new Thread('c');
  const row = {
    conversation: conversation('c', { staff_seq: messages.length }),
    contact: contact('contact-c'),
    unread,
    agent_read: agentRead,
  };
  const get = (path: string): Promise<unknown> =>
    Promise.resolve(path.includes('/messages') ? { messages, more: false } : row);
  const delivery = {
    thread: () => thread,
    expect: () => undefined,
    hold: (_: string, page: readonly Msg[]) => {
      page.forEach((entry) => thread.insert(entry));
      return thread;
    },
  };
  const api = { get } as unknown as Api;
  const lists = new Lists(api, ME, () => null);
  return { thread, lists, threads: new Threads(api, delivery as unknown as Delivery, lists) };
}

it('a thread that was left and is opened again begins its new part before the first message that waits', async () => {
  const { thread, lists, threads } = opened([message('c', 1), message('c', 2, AGENTS)], 0, 2);
  await threads.open('c');
  expect(threads.state('c').value.readTo).toBeNull();
  const told = [message('c', 3), message('c', 4, { ...AGENTS, kind: 'note' }), message('c', 5), message('c', 6, AGENTS)];
  for (const entry of told) {
    thread.insert(entry);
    lists.receive(entry);
  }
  await threads.open('c');
  expect(lists.heads.value.get('c')?.unread).toBe(2);
  expect(threads.state('c').value.readTo).toBe(2);
});

it('a page that was asked for before everything turned void is not shown', async () => {
  const { thread, threads } = opened([message('c', 1)], 0, 1);
  const loading = threads.load('c');
  threads.reset();
  await loading;
  expect(thread.view()).toEqual([]);
  expect(threads.state('c').value.phase).toBe('loading');
  await threads.load('c');
  expect(thread.view()).toHaveLength(1);
});

it('what is opened before the desk fetches is fetched once, when it does', async () => {
  const { thread, threads } = opened([message('c', 1)], 0, 1);
  threads.hold();
  await threads.open('c');
  await threads.refresh();
  expect(thread.view()).toEqual([]);
  threads.begin();
  threads.begin();
  await new Promise((done) => setTimeout(done));
  expect(thread.view()).toHaveLength(1);
  expect(threads.state('c').value.phase).toBe('ready');
});

/** A conversation of so many messages on a server that gives pages of 60; the newest 60 are held. */
function long(count: number, pageMax = 60) {
  const all = Array.from({ length: count }, (_, index) => message('c', index + 1));
  const thread = new Thread('c', count - 60);
  all.slice(-60).forEach((entry) => thread.insert(entry));
  const asked: string[] = [];
  const get = (path: string): Promise<unknown> => {
    const query = new URLSearchParams(path.split('?')[1]);
    asked.push(path);
    const below = all.filter(({ seq }) => seq < Number(query.get('before') ?? Infinity));
    const messages = below.slice(-Math.min(Number(query.get('limit')), pageMax));
    return Promise.resolve({ messages, more: below.length > messages.length });
  };
  const delivery = { thread: () => thread, drop: () => undefined } as unknown as Delivery;
  const api = { get } as unknown as Api;
  const threads = new Threads(api, delivery, new Lists(api, ME, () => null));
  threads.state('c').value = { ...threads.state('c').value, phase: 'ready' };
  const shown = () => {
    const seqs = threads.held('c').entries.map(({ seq }) => seq);
    return [seqs[0], seqs[seqs.length - 1], seqs.length];
  };
  return { threads, thread, asked, shown };
}

it('a jump far back fetches what surrounds it and not all that lies between', async () => {
  const { threads, asked, shown } = long(10_000);
  await threads.reach('c', 5_000);
  expect([shown(), asked.length, threads.held('c').excerpt]).toEqual([[4_970, 5_029, 60], 1, true]);
  await threads.older('c');
  await threads.newer('c');
  expect(shown()).toEqual([4_910, 5_089, 180]);
  await threads.reach('c', 5_000);
  expect(asked.length).toBe(3);
  threads.toNewest('c');
  expect([shown(), threads.held('c').excerpt]).toEqual([[9_941, 10_000, 60], false]);
});

it('a jump that is near takes one page more, without a hole', async () => {
  const { threads, shown } = long(10_000, 200);
  await threads.reach('c', 9_800);
  expect([shown(), threads.held('c').excerpt]).toEqual([[9_741, 10_000, 260], false]);
});

it('an excerpt that has grown to what is held becomes part of it', async () => {
  const { threads, thread, shown } = long(1_000);
  await threads.reach('c', 600);
  while (threads.held('c').excerpt) await threads.newer('c');
  expect([shown(), thread.floor, thread.hole()]).toEqual([[570, 1_000, 431], 569, null]);
});

it('an excerpt grows without a hole where a page brings less than was asked for', async () => {
  const { threads, shown } = long(1_000, 7);
  await threads.reach('c', 500);
  await threads.newer('c');
  const seqs = threads.held('c').entries.map(({ seq }) => seq);
  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => (seqs[0] ?? 0) + index));
  expect(shown()[1]).toBeGreaterThan(580);
});

it('a change of an earlier message is seen in an excerpt as well', async () => {
  const { threads } = long(1_000);
  await threads.reach('c', 500);
  threads.heard(message('c', 1_001, { kind: 'edit', target: 'm500', text: 'better' }));
  expect(threads.held('c').entries.find(({ seq }) => seq === 500)?.text).toBe('better');
});
