import '../../kit/testing/browser';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Api, Problem } from '../../kit/api';
import { ManualClock } from '../../kit/testing/clock';
import { Drafts } from './drafts';

/** A server that holds one agent's drafts, or is away. */
class Server {
  held: Record<'reply' | 'note', string> = { reply: '', note: '' };
  away = false;
  patches: object[] = [];
  agent = 'me';

  readonly api = {
    get: () => this.answer(),
    patch: (_: string, { agent_id, ...change }: { agent_id: string }) => {
      if (this.away) return Promise.reject(new Problem('offline', '', 0));
      if (agent_id !== this.agent) return Promise.reject(new Problem('signed_in_as_another', '', 409));
      this.patches.push(change);
      Object.assign(this.held, change);
      return this.answer();
    },
    post: () => Promise.resolve({}),
  } as unknown as Api;

  private answer(): Promise<unknown> {
    if (this.away) return Promise.reject(new Problem('offline', '', 0));
    const draft = (text: string) => (text === '' ? null : { text, at: 1 });
    return Promise.resolve({ agent_id: this.agent, reply: draft(this.held.reply), note: draft(this.held.note) });
  }
}

class Shelf {
  readonly kept = new Map<string, string>();
  getItem = (key: string): string | null => this.kept.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.kept.set(key, value);
  removeItem = (key: string): void => void this.kept.delete(key);
}

describe('drafts', () => {
  let server = new Server();
  let clock = new ManualClock();
  let shelf = new Shelf();
  const random = { bytes: () => new Uint8Array(16) } as never;
  const browser = (): Drafts => new Drafts(server.api, random, 'me', shelf as unknown as Storage, clock);
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  const typed = async (drafts: Drafts, text: string): Promise<void> => {
    drafts.write('c', text);
    clock.advance(1_000);
    await settled();
  };

  beforeEach(() => {
    server = new Server();
    clock = new ManualClock();
    shelf = new Shelf();
  });

  it('are saved after a pause, a reply and a note apart, and wait at another browser', async () => {
    const here = browser();
    here.of('c');
    await settled();
    for (const text of ['O', 'On', 'On its way']) here.write('c', text);
    expect(here.of('c').value.keeping).toBe('saving');
    clock.advance(1_000);
    await settled();
    expect([here.of('c').value.keeping, server.patches]).toEqual(['kept', [{ reply: 'On its way' }]]);
    here.choose('c', true);
    await typed(here, 'ask them');
    expect(server.held).toEqual({ reply: 'On its way', note: 'ask them' });

    shelf = new Shelf();
    const there = browser();
    there.of('c');
    await settled();
    expect(there.of('c').value).toMatchObject({ text: 'On its way', note: false, keeping: 'kept' });
    there.choose('c', true);
    expect(there.of('c').value.text).toBe('ask them');
  });

  it('survive a reload before the server has them, and go up then', async () => {
    const before = browser();
    before.of('c');
    await settled();
    server.away = true;
    await typed(before, 'half a word');
    expect(before.of('c').value.keeping).toBe('here');
    before.stop();
    server.away = false;
    const after = browser();
    expect(after.of('c').value.text).toBe('half a word');
    await settled();
    clock.advance(1_000);
    await settled();
    expect([server.held.reply, after.of('c').value.keeping]).toEqual(['half a word', 'kept']);
    expect(shelf.kept.size).toBe(0);
  });

  it('are tried again while the server is away', async () => {
    const drafts = browser();
    drafts.of('c');
    await settled();
    server.away = true;
    await typed(drafts, 'words');
    server.away = false;
    clock.advance(5_000);
    await settled();
    expect([server.held.reply, drafts.of('c').value.keeping]).toEqual(['words', 'kept']);
  });

  it('are forgotten with the sending, also where the last save was still on its way', async () => {
    const drafts = browser();
    drafts.of('c');
    await settled();
    drafts.write('c', 'sent');
    clock.advance(1_000); // the save is on its way
    drafts.clear('c');
    await settled();
    clock.advance(1_000);
    await settled();
    expect([server.held.reply, drafts.of('c').value]).toMatchObject(['', { text: '', note: false, keeping: 'empty' }]);
  });

  it('of what was typed while the server was asked, the typed words count', async () => {
    server.held.reply = 'old words';
    const drafts = browser();
    drafts.of('c');
    drafts.write('c', 'new words');
    await settled();
    clock.advance(1_000);
    await settled();
    expect([drafts.of('c').value.text, server.held.reply]).toEqual(['new words', 'new words']);
  });

  it('never become another agent’s who signed in meanwhile', async () => {
    const drafts = browser();
    drafts.of('c');
    await settled();
    drafts.write('c', 'between us');
    server.agent = 'other';
    clock.advance(1_000);
    await settled();
    expect([server.patches, drafts.of('c').value.keeping]).toEqual([[], 'here']);
    drafts.stop();
  });
});
