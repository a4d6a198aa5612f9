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
