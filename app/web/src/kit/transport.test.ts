import { describe, expect, it } from 'vitest';
import { type Api, Problem } from './api';
import type { LineListener } from './connection';
import type { ClientFrame, ServerFrame } from './frames';
import { longPoll } from './polling';
import { lateDial } from './transport';

interface Call {
  path: string;
  body: unknown;
  answer: (frames: ServerFrame[]) => void;
  fail: (error: unknown) => void;
}

/** An API whose answers the test gives, one by one. */
function waitingApi(): { api: Api; calls: Call[] } {
  const calls: Call[] = [];
  const post = (path: string, body: unknown): Promise<{ frames: ServerFrame[] }> =>
    new Promise((resolve, reject) => calls.push({ path, body, answer: (frames) => resolve({ frames }), fail: reject }));
  return { api: { post } as unknown as Api, calls };
}

class Ear implements LineListener {
  readonly heard: string[] = [];
  readonly frames: ServerFrame[] = [];
  opened = (): void => void this.heard.push('opened');
  frame = (frame: ServerFrame): void => {
    this.heard.push(frame.t);
    this.frames.push(frame);
  };
  closed = (code: number, reason: string): void => void this.heard.push(`closed ${code} ${reason}`.trim());
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

function dialled() {
  const { api, calls } = waitingApi();
  const ear = new Ear();
  let last = 3;
  const line = longPoll(api, 'poll', 'frames')(ear, () => ({ t: 'resume', convs: { c: last } }));
  return { calls, ear, line, move: (to: number) => (last = to) };
}

describe('long-polling', () => {
  it('asks at once first, then waits, each time with the cursor of then', async () => {
    const { calls, ear, move } = dialled();
    calls[0]?.answer([{ t: 'live' }]);
    await turn();
    move(7);
    expect(ear.heard).toEqual(['opened', 'live']);
    calls[1]?.answer([{ t: 'live' }]);
    await turn();
    expect(calls.map(({ body }) => body)).toEqual([
      { resume: { t: 'resume', convs: { c: 3 } }, wait_ms: 0 },
      { resume: { t: 'resume', convs: { c: 3 } }, wait_ms: 25_000 },
      { resume: { t: 'resume', convs: { c: 7 } }, wait_ms: 25_000 },
    ]);
  });

  it('takes an empty answer for a sign of life', async () => {
    const { calls, ear } = dialled();
    calls[0]?.answer([]);
    await turn();
    expect(ear.heard).toEqual(['opened', 'ping']);
  });

  it('puts commands one after the other, and leaves out what a poll says by itself', async () => {
    const { calls, ear, line } = dialled();
    calls[0]?.answer([]);
    await turn();
    const frames: ClientFrame[] = [{ t: 'hello' }, { t: 'pong' }, { t: 'send', cid: 'a' }, { t: 'send', cid: 'b' }];
    for (const frame of frames) line.send(frame);
    await turn();
    const commands = (): unknown[] => calls.filter(({ path }) => path === 'frames').map(({ body }) => body);
    expect(commands()).toEqual([{ t: 'send', cid: 'a' }]);
    calls.find(({ path }) => path === 'frames')?.answer([{ t: 'ack', cid: 'a', conv: 'c', id: 'i', seq: 1, at: 0 }]);
    await turn();
    expect(commands()).toHaveLength(2);
    expect(ear.heard).toContain('ack');
  });

  it('turns a refusal of a command into an error frame', async () => {
    const { calls, ear, line } = dialled();
    calls[0]?.answer([]);
    await turn();
    line.send({ t: 'send', cid: 'a' });
    await turn();
    calls.at(-1)?.fail(new Problem('conflict', 'The conversation moved on.', 409));
    await turn();
    expect(ear.frames.at(-1)).toEqual({
      t: 'error', code: 'conflict', text: 'The conversation moved on.', cid: 'a', retry_after_ms: null, final: false,
    });
  });

  it.each([
    [new Problem('unauthenticated', '', 401), 'closed 4401'],
    [new Problem('unavailable', '', 503, 1_500), 'closed 1012 retry_after_ms=1500'],
    [new Problem('offline', '', 0), 'closed 1006'],
    [new TypeError('network'), 'closed 1006'],
  ])('closes as a socket would: %s', async (error, closed) => {
    const { calls, ear } = dialled();
    calls[0]?.fail(error);
    await turn();
    expect(ear.heard).toEqual([closed]);
  });

  it('says nothing any more after it was closed', async () => {
    const { calls, ear, line } = dialled();
    line.close();
    calls[0]?.answer([{ t: 'live' }]);
    await turn();
    expect(ear.heard).toEqual([]);
    expect(calls).toHaveLength(1);
  });
});

describe('a way that is fetched when it is taken', () => {
  const cursor = () => ({ t: 'resume' as const, convs: {} });

  it('is the way itself from then on', async () => {
    const ear = new Ear();
    const sent: string[] = [];
    const line = lateDial(() => Promise.resolve((listener) => {
      listener.opened();
      return { send: ({ t }) => void sent.push(t), close: () => void sent.push('closed') };
    }))(ear, cursor);
    line.send({ t: 'pong' });
    await turn();
    line.send({ t: 'pong' });
    line.close();
    expect([ear.heard, sent]).toEqual([['opened'], ['pong', 'closed']]);
  });

  it('is closed where it does not come, so that it is tried again', async () => {
    const ear = new Ear();
    lateDial(() => Promise.reject(new Error('gone')))(ear, cursor);
    await turn();
    expect(ear.heard).toEqual(['closed 1006']);
  });

  it('is not taken by who has left meanwhile', async () => {
    const ear = new Ear();
    let taken = false;
    lateDial(() => Promise.resolve(() => { taken = true; return { send: () => undefined, close: () => undefined }; }))(ear, cursor).close();
    await turn();
    expect([taken, ear.heard]).toEqual([false, []]);
  });
});
