import '../../kit/testing/browser';
import { describe, expect, it } from 'vitest';
import type { Api } from '../../kit/api';
import { colleague } from '../testing';
import { Session } from './session';

/** A server where `challenge` follows the password, if any; tells what it was sent. */
function server(challenge: string | null) {
  const sent: [string, unknown][] = [];
  const me = { agent: colleague('a'), permissions: [], epoch: 'e', demo: false, public_url: '', version: '0' };
  const api = {
    post: (path: string, body: unknown) => {
      sent.push([path, body]);
      return Promise.resolve(path.endsWith('/code') ? { agent: me.agent } : { agent: challenge ? null : me.agent, challenge });
    },
    get: () => Promise.resolve({ me, needs_setup: false }),
  } as unknown as Api;
  return { session: new Session(api), sent };
}

describe('signing in', () => {
  it('is done by the password where no code is asked for', async () => {
    const { session } = server(null);
    expect(await session.signIn('ann@example.com', 'secret')).toBeNull();
    expect(session.state.value.phase).toBe('in');
  });

  it('is not done before the code where one is', async () => {
    const { session, sent } = server('c'.repeat(32));
    expect(await session.signIn('ann@example.com', 'secret')).toBe('c'.repeat(32));
    expect(session.state.value.phase).toBe('asking');
    await session.signInByCode('c'.repeat(32), '123456');
    expect(sent.at(-1)).toEqual(['api/v1/session/code', { challenge: 'c'.repeat(32), code: '123456' }]);
    expect(session.state.value.phase).toBe('in');
  });
});
