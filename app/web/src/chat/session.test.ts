import { expect, it } from 'vitest';
import type { Api } from '../kit/api';
import { type Session, Tokens, inboxAt, openSession } from './session';

const INBOX = 'demo0000000000000000000000';

/** The browser's storage, shared by tabs. */
class MemoryStorage implements Storage {
  private readonly items = new Map<string, string>();
  get length(): number {
    return this.items.size;
  }
  key = (index: number): string | null => [...this.items.keys()][index] ?? null;
  getItem = (key: string): string | null => this.items.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.items.set(key, value);
  removeItem = (key: string): void => void this.items.delete(key);
  clear = (): void => this.items.clear();
}

/** A server that makes a visitor for whoever brings no token; answers when told. */
function server(meanwhile: () => void = () => undefined): { api: Api; asked: (string | undefined)[] } {
  const asked: (string | undefined)[] = [];
  const post = (_: string, body: { token?: string }): Promise<Session> => {
    asked.push(body.token);
    if (asked.length === 1) meanwhile();
    return Promise.resolve({ token: body.token ?? `made-${asked.length}` } as Session);
  };
  return { api: { post } as unknown as Api, asked };
}

it('keeps the token for the next page', async () => {
  const storage = new MemoryStorage();
  const { api, asked } = server();
  await openSession(api, INBOX, new Tokens(INBOX, storage), 'en');
  await openSession(api, INBOX, new Tokens(INBOX, storage), 'en');
  expect(asked).toEqual([undefined, 'made-1']);
});

it('ends with the other tab’s visitor when both open at once', async () => {
  const storage = new MemoryStorage();
  const other = new Tokens(INBOX, storage);
  const { api } = server(() => other.write('of-the-other-tab'));
  const session = await openSession(api, INBOX, new Tokens(INBOX, storage), 'en');
  expect(session.token).toBe('of-the-other-tab');
});

it('takes the new token where the server no longer knows the old one', async () => {
  const tokens = new Tokens(INBOX, new MemoryStorage());
  tokens.write('unknown');
  const api = { post: () => Promise.resolve({ token: 'new' }) } as unknown as Api;
  expect((await openSession(api, INBOX, tokens, 'en')).token).toBe('new');
  expect(tokens.read()).toBe('new');
});

it('works without storage for as long as the page lives', async () => {
  const { api, asked } = server();
  const tokens = new Tokens(INBOX, null);
  await openSession(api, INBOX, tokens, 'en');
  await openSession(api, INBOX, tokens, 'en');
  expect(asked).toEqual([undefined, 'made-1']);
});

it('forgets a visitor who leaves for good, here and for the next page', () => {
  const storage = new MemoryStorage();
  const tokens = new Tokens(INBOX, storage);
  tokens.write('of-a-visitor');
  tokens.forget();
  expect([tokens.read(), new Tokens(INBOX, storage).read(), storage.length]).toEqual([null, null, 0]);
});

it.each([
  ['https://desk.example/chat/i1', 'https://desk.example/', 'i1'],
  ['https://desk.example/chat/i1?embed=1#x', 'https://desk.example/', 'i1'],
  ['https://desk.example/chat/i1/chat/i2', 'https://desk.example/', 'i1'],
  ['https://desk.example/support/chat/i1', 'https://desk.example/support/', 'i1'],
  ['https://desk.example/chat/chat/i1', 'https://desk.example/chat/', 'i1'],
  ['https://desk.example/a/chat/b/chat/i1', 'https://desk.example/a/chat/b/', 'i1'],
  ['https://desk.example/chat//i1', 'https://desk.example/', ''],
  ['https://desk.example/demo/chat/i1', 'https://desk.example/', ''],
])('the inbox at %s below %s is %s', (address, base, inbox) => expect(inboxAt(address, base)).toBe(inbox));
