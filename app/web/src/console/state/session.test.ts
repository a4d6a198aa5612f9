import '../../kit/testing/browser';
import { describe, expect, it } from 'vitest';
import type { Api } from '../../kit/api';
import type { Colleague } from '../../kit/frames';
import { colleague } from '../testing';
import { Drafts } from './drafts';
import { type Me, Session, askedByThePage, standing } from './session';

function me(id: string, change: Partial<Me> = {}): Me {
  return { agent: colleague(id), permissions: ['conversations.write'], epoch: 'e', demo: false, public_url: '', version: '0', ...change };
}

/** A session over a server that answers with whoever is signed in at that moment, or not at all. */
function over(signedIn: { now: Me | null; reachable?: boolean }): Session {
  const get = (): Promise<unknown> =>
    signedIn.reachable === false
      ? Promise.reject(new Error('no network'))
      : Promise.resolve({ me: signedIn.now, needs_setup: false });
  return new Session({ get, delete: () => Promise.resolve() } as unknown as Api);
}

describe('a session that is asked for anew', () => {
  it('becomes that of whoever is signed in now', async () => {
    const signedIn = { now: me('a') };
    const session = over(signedIn);
    await session.ask();
    signedIn.now = me('b', { permissions: [] });
    expect(await session.renew()).toBe(signedIn.now);
    expect(session.state.value).toEqual({ phase: 'in', me: signedIn.now });
  });

  it('goes to the door, and says why, where nobody is', async () => {
    const signedIn: { now: Me | null } = { now: me('a') };
    const session = over(signedIn);
    await session.ask();
    signedIn.now = null;
    expect(await session.renew()).toBeNull();
    expect(session.state.value).toMatchObject({ phase: 'out', why: expect.stringMatching(/./u) });
  });

  it('tells nobody who signed out himself that his session has ended', async () => {
    const signedIn: { now: Me | null } = { now: me('a') };
    const session = over(signedIn);
    await session.ask();
    await session.signOut();
    signedIn.now = null;
    await session.renew();
    expect(session.state.value).toMatchObject({ phase: 'out', why: null });
  });

  it('stays as it is where the question did not arrive', async () => {
    const signedIn = { now: me('a'), reachable: true };
    const session = over(signedIn);
    await session.ask();
    signedIn.reachable = false;
    await expect(session.renew()).rejects.toThrow();
    expect(session.state.value.phase).toBe('in');
  });
});

describe('a desk', () => {
  it('is another one for another person and for other rights, not for another database', () => {
    const before = standing(me('a', { permissions: ['x', 'y'] }));
    expect(standing(me('a', { permissions: ['y', 'x'], epoch: 'f' }))).toBe(before);
    expect(standing(me('b', { permissions: ['x', 'y'] }))).not.toBe(before);
    expect(standing(me('a', { permissions: ['x'] }))).not.toBe(before);
  });

  it('shows nobody what somebody else had begun to write', () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    } as unknown as Storage;
    const drafts = (id: Colleague['id']) => new Drafts({} as Api, { fraction: () => 0, hex: () => '' }, id, storage);
    drafts('a').write('c', 'Between us');
    expect(drafts('b').of('c').value.text).toBe('');
    expect(drafts('a').of('c').value.text).toBe('Between us');
  });
});

describe('what the page asked before the script was there', () => {
  it('is taken once, and spares the question', async () => {
    const session = over({ now: null, reachable: false });
    const page = { monodeskSession: Promise.resolve({ me: me('a'), needs_setup: false }) };
    await session.ask(askedByThePage(page));
    expect(session.state.value).toMatchObject({ phase: 'in', me: { agent: { id: 'a' } } });
    expect(askedByThePage(page)).toBeNull();
  });

  it('is asked again where it failed or was refused', async () => {
    for (const early of [Promise.reject(new TypeError('no network')), Promise.resolve(null)]) {
      const session = over({ now: me('b') });
      await session.ask(askedByThePage({ monodeskSession: early }));
      expect(session.state.value).toMatchObject({ phase: 'in', me: { agent: { id: 'b' } } });
    }
  });
});
