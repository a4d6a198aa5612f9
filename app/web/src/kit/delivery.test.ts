import { describe, expect, it } from 'vitest';
import type { Condition, Dial } from './connection';
import { Delivery, type DeliveryListener } from './delivery';
import { type ClientFrame, CloseCode, type Msg, type Resume, type Send, type ServerFrame, type Speaker } from './frames';
import { PENDING_MAX, type Shelf } from './outbox';
import { ManualClock, seeded } from './testing/clock';
import { ModelServer } from './testing/server';

const VISITOR: Speaker = { kind: 'visitor', id: 'v', name: '' };
const AGENT: Speaker = { kind: 'agent', id: 'a', name: 'Zhou' };

class MemoryShelf implements Shelf {
  readonly records = new Map<string, string>();
  all = (): string[] => [...this.records.values()];
  put = (cid: string, record: string): void => void this.records.set(cid, record);
  remove = (cid: string): void => void this.records.delete(cid);
}

class Ear implements DeliveryListener {
  readonly conditions: Condition[] = [];
  readonly lives: boolean[] = [];
  readonly announced: Msg[] = [];
  resets = 0;
  /** The epoch of what is at hand when the server knows us no longer. */
  credentials: string | null = null;
  asked = 0;
  condition = (condition: Condition): void => void this.conditions.push(condition);
  thread = (): void => undefined;
  outbox = (): void => undefined;
  frame = (): void => undefined;
  arrived = (message: Msg): void => void this.announced.push(message);
  reset = (): void => void (this.resets += 1);
  live = (fresh: boolean): void => void this.lives.push(fresh);
  unauthorised = (): Promise<string | null> => {
    this.asked += 1;
    return Promise.resolve(this.credentials);
  };
}

interface Client {
  delivery: Delivery;
  ear: Ear;
  shelf: MemoryShelf;
}

function setting(seed = 1) {
  const clock = new ManualClock();
  const random = seeded(seed);
  const server = new ModelServer(clock, () => random.fraction());
  const client = (kind: 'visitor' | 'agent', shelf = new MemoryShelf(), poll?: ReturnType<ModelServer['dial']>): Client => {
    const self = kind === 'visitor' ? VISITOR : AGENT;
    const ear = new Ear();
    const socket = server.dial(kind, self);
    const dials = { socket, poll: poll ?? socket };
    const delivery = new Delivery({
      kind, epoch: '', self: () => self, hello: () => ({ t: 'hello' }), dials, shelf, clock, random, listener: ear,
    });
    delivery.start();
    return { delivery, ear, shelf };
  };
  return { clock, server, client };
}

function texts({ delivery }: Client, conv: string): string[] {
  return (delivery.thread(conv)?.view() ?? []).map((entry) => (entry.deleted ? '[gone]' : (entry.text ?? '')));
}

function sent(server: ModelServer): Send[] {
  return server.received.filter((frame): frame is Send => frame.t === 'send');
}

function of<T extends ClientFrame['t']>(server: ModelServer, type: T): Extract<ClientFrame, { t: T }>[] {
  return server.received.filter((frame): frame is Extract<ClientFrame, { t: T }> => frame.t === type);
}

function message(conv: string, seq: number): Msg {
  return { t: 'msg', conv, seq, id: `m${seq}`, kind: 'message', sender: VISITOR, at: 0 };
}

/** A client whose far end is the test itself, greeted at once. */
function byHand(kind: 'visitor' | 'agent') {
  const clock = new ManualClock();
  const random = seeded(1);
  const ear = new Ear();
  const lines: { hear: (...frames: ServerFrame[]) => void; end: () => void; resumed: () => Resume | undefined; sent: ClientFrame[] }[] = [];
  const greeting = { epoch: 'e', id: AGENT.id };
  const dial: Dial = (listener) => {
    const sent: ClientFrame[] = [];
    const hear = (...frames: ServerFrame[]): void => frames.forEach((frame) => listener.frame(frame));
    const resumed = (): Resume | undefined => sent.find((frame): frame is Resume => frame.t === 'resume');
    lines.push({ hear, end: () => listener.closed(1006, ''), resumed, sent });
    clock.after(1, () => listener.opened());
    clock.after(2, () => listener.frame({ t: 'welcome', ...greeting, kind, at: 0 }));
    return { send: (frame) => void sent.push(frame), close: () => undefined };
  };
  const self = kind === 'visitor' ? VISITOR : AGENT;
  const delivery = new Delivery({
    kind, epoch: 'e', self: () => self, hello: () => ({ t: 'hello' }), dials: { socket: dial, poll: dial }, shelf: new MemoryShelf(),
    clock, random, listener: ear,
  });
  delivery.start();
  clock.advance(10);
  return { clock, ear, lines, delivery, greeting };
}

describe('sending', () => {
  it('shows an acknowledged message once, and takes it off the shelf', () => {
    const { clock, server, client } = setting();
    const visitor = client('visitor');
    visitor.delivery.send({ t: 'send', text: '壶嘴裂了' });
    expect(visitor.delivery.pending(null)).toHaveLength(1);
    clock.advance(100);
    const [conv = ''] = server.conversations.keys();
    expect(texts(visitor, conv)).toEqual(['壶嘴裂了']);
    expect(visitor.delivery.outbox.pending()).toEqual([]);
    expect(visitor.shelf.records.size).toBe(0);
  });

  it('sends the very first message again under the same cid when its ack is lost, and opens one conversation', () => {
    const { clock, server, client } = setting();
    const visitor = client('visitor');
    clock.advance(100);
    visitor.delivery.send({ t: 'send', text: 'first' });
    visitor.delivery.send({ t: 'send', text: 'second' });
    server.breakAll();
    clock.advance(60_000);
    expect(server.conversations.size).toBe(1);
    const [conv = ''] = server.conversations.keys();
    expect(texts(visitor, conv)).toEqual(['first', 'second']);
    expect(new Set(sent(server).filter(({ text }) => text === 'first').map(({ cid }) => cid)).size).toBe(1);
    expect(sent(server).filter(({ text }) => text === 'first').length).toBeGreaterThan(1);
  });

  it('resends after 5 s without an ack, never sooner', () => {
    const { clock, server, client } = setting();
    const visitor = client('visitor');
    clock.advance(100);
    server.faults = { lose: 1, repeat: 0, reorder: 0, break: 0 };
    visitor.delivery.send({ t: 'send', text: 'hm' });
    expect(visitor.delivery.outbox.pending()[0]?.tries).toBe(1);
    clock.advance(4_999);
    expect(visitor.delivery.outbox.pending()[0]?.tries).toBe(1);
    clock.advance(1);
    expect(visitor.delivery.outbox.pending()[0]?.tries).toBe(2);
  });

  it('keeps what was unsent over a reload', () => {
    const { clock, server, client } = setting();
    server.reachable = false;
    const before = client('visitor');
    before.delivery.send({ t: 'send', text: 'one' });
    before.delivery.send({ t: 'send', text: 'two' });
    clock.advance(3_000);
    before.delivery.stop();
    server.reachable = true;
    const after = client('visitor', before.shelf);
    clock.advance(60_000);
    const [conv = ''] = server.conversations.keys();
    expect(texts(after, conv)).toEqual(['one', 'two']);
    expect(before.shelf.records.size).toBe(0);
  });

  it('skips a spoilt record of the shelf', () => {
    const { client } = setting();
    const shelf = new MemoryShelf();
    shelf.put('x', '{"command":');
    shelf.put('y', 'null');
    expect(client('visitor', shelf).delivery.outbox.pending()).toEqual([]);
  });

  it('matches an own echo by cid when the ack never came', () => {
    const { clock, server, client } = setting();
    const visitor = client('visitor');
    clock.advance(100);
    visitor.delivery.send({ t: 'send', text: 'hello' });
    server.breakAll();
    server.faults = { lose: 0, repeat: 1, reorder: 0, break: 0 };
    clock.advance(2_000);
    const [conv = ''] = server.conversations.keys();
    expect(texts(visitor, conv)).toEqual(['hello']);
    expect(visitor.delivery.outbox.pending()).toEqual([]);
  });

  it('is told by the echo what another tab got through', () => {
    const { clock, server, client } = setting();
    const shelf = new MemoryShelf();
    const [one] = [client('visitor', shelf)];
    clock.advance(100);
    server.faults = { lose: 1, repeat: 0, reorder: 0, break: 0 };
    one.delivery.send({ t: 'send', text: 'once' });
    server.faults = { lose: 0, repeat: 0, reorder: 0, break: 0 };
    const other = client('visitor', shelf);
    clock.advance(1_000);
    expect(other.delivery.outbox.pending()).toEqual([]);
    expect(one.delivery.outbox.pending()).toEqual([]);
    const [conv = ''] = server.conversations.keys();
    expect(texts(one, conv)).toEqual(['once']);
  });

  it('keeps a refused message with its reason, and sends it under a new cid when asked', () => {
    const { clock, server, client } = setting();
    const visitor = client('visitor');
    clock.advance(100);
    server.reachable = false;
    server.breakAll();
    const cid = visitor.delivery.send({ t: 'send', text: 'late' });
    visitor.delivery.outbox.refuse({ t: 'error', code: 'conflict', text: 'The conversation moved on.', cid });
    expect(visitor.delivery.outbox.pending()[0]?.refused?.code).toBe('conflict');
    server.reachable = true;
    clock.advance(60_000);
    expect(server.conversations.size).toBe(0);
    visitor.delivery.outbox.retry(cid);
    clock.advance(100);
    expect(sent(server).map((frame) => frame.cid === cid)).toEqual([false]);
    expect(visitor.delivery.outbox.pending()).toEqual([]);
  });

  it('waits as long as a busy server asks, then sends the same cid', () => {
    const { clock, server, client } = setting();
    const visitor = client('visitor');
    clock.advance(100);
    server.faults = { lose: 1, repeat: 0, reorder: 0, break: 0 };
    const cid = visitor.delivery.send({ t: 'send', text: 'busy' });
    server.faults = { lose: 0, repeat: 0, reorder: 0, break: 0 };
    visitor.delivery.outbox.refuse({ t: 'error', code: 'too_many', text: '', cid, retry_after_ms: 20_000 });
    clock.advance(19_999);
    expect(sent(server)).toEqual([]);
    clock.advance(1);
    expect(sent(server).map((frame) => frame.cid)).toEqual([cid]);
  });

  it('applies own edits and deletes, the latest by number', () => {
    const { clock, server, client } = setting();
    const [visitor, other] = [client('visitor'), client('visitor')];
    visitor.delivery.send({ t: 'send', text: 'tpyo' });
    visitor.delivery.send({ t: 'send', text: 'wrong window' });
    clock.advance(100);
    const [conv = ''] = server.conversations.keys();
    const [first, second] = visitor.delivery.thread(conv)?.view() ?? [];
    visitor.delivery.send({ t: 'edit', conv, id: first?.id ?? '', text: 'typo' });
    visitor.delivery.send({ t: 'delete', conv, id: second?.id ?? '' });
    clock.advance(100);
    expect(texts(visitor, conv)).toEqual(['typo', '[gone]']);
    expect(texts(other, conv)).toEqual(['typo', '[gone]']);
  });
});

describe('after a long time without a line', () => {
  const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `m${index}`);

  it('everything written goes out in its order and no faster than the server takes it', () => {
    const { clock, server, client } = setting();
    server.reachable = false;
    const visitor = client('visitor');
    for (const text of numbered(PENDING_MAX)) visitor.delivery.send({ t: 'send', text });
    clock.advance(100);
    server.reachable = true;
    visitor.delivery.nudge();
    clock.advance(25_000);
    expect(server.abused).toBe(0);
    const [conv = ''] = server.conversations.keys();
    expect(texts(visitor, conv)).toEqual(numbered(PENDING_MAX));
    expect(sent(server)).toHaveLength(PENDING_MAX);
    expect(visitor.delivery.outbox.pending()).toEqual([]);
  });

  it('a conversation each, and whatever else was to be said is counted with them', () => {
    const { clock, server, client } = setting();
    const agent = client('agent');
    clock.advance(100);
    const convs = numbered(100);
    for (const conv of convs) agent.delivery.read(conv, 1);
    clock.advance(60_000);
    server.reachable = false;
    server.breakAll();
    for (const conv of convs) agent.delivery.send({ t: 'send', conv, text: conv });
    agent.delivery.viewed({ url: 'https://shop.example.com/' });
    server.reachable = true;
    server.received.length = 0;
    clock.advance(30_000);
    expect(server.abused).toBe(0);
    expect(sent(server).map(({ text }) => text)).toEqual(convs);
    expect(of(server, 'read').map(({ conv }) => conv)).toEqual(convs);
    expect(of(server, 'page')).toHaveLength(1);
  });

  it('receipts of many conversations wait for room', () => {
    const { clock, server, client } = setting();
    const convs = numbered(100);
    for (const conv of convs) server.write(conv, 'message', 'hello', AGENT);
    client('visitor');
    clock.advance(30_000);
    expect(server.abused).toBe(0);
    expect(of(server, 'delivered').map(({ conv }) => conv)).toEqual(convs);
  });

  it('a new line takes a burst of its own', () => {
    const { clock, server, client } = setting();
    const agent = client('agent');
    clock.advance(100);
    const convs = numbered(25);
    for (const conv of convs) agent.delivery.send({ t: 'send', conv, text: conv });
    server.received.length = 0;
    server.breakAll(CloseCode.OVERFLOW);
    clock.advance(50);
    expect(sent(server).map(({ text }) => text)).toEqual(convs);
  });

  it('a person who only writes now and then waits for nothing', () => {
    const { clock, server, client } = setting();
    const visitor = client('visitor');
    clock.advance(100);
    for (const text of numbered(5)) visitor.delivery.send({ t: 'send', text });
    clock.advance(50);
    expect(sent(server)).toHaveLength(5);
  });
});

describe('receiving', () => {
  function talk(seed = 1) {
    const { clock, server, client } = setting(seed);
    const visitor = client('visitor');
    visitor.delivery.send({ t: 'send', text: '0' });
    clock.advance(100);
    const [conv = ''] = server.conversations.keys();
    return { clock, server, client, visitor, conv };
  }

  it('fills a hole by fetch, once, and keeps the order of numbers', () => {
    const { clock, server, visitor, conv } = talk();
    server.faults = { lose: 1, repeat: 0, reorder: 0, break: 0 };
    server.write(conv, 'message', '1', AGENT);
    server.faults = { lose: 0, repeat: 0, reorder: 0, break: 0 };
    server.write(conv, 'message', '2', AGENT);
    clock.advance(100);
    expect(texts(visitor, conv)).toEqual(['0', '1', '2']);
    expect(of(server, 'fetch')).toEqual([{ t: 'fetch', conv, first: 2, last: 2 }]);
  });

  it('asks for holes only after live', () => {
    const { clock, server, client, conv } = talk();
    for (let count = 1; count < 20; count += 1) server.write(conv, 'message', String(count), AGENT);
    server.faults = { lose: 0, repeat: 0, reorder: 1, break: 0 };
    const late = client('visitor');
    clock.advance(1_000);
    expect(texts(late, conv)).toEqual(Array.from({ length: 20 }, (_, count) => String(count)));
    expect(of(server, 'fetch')).toEqual([]);
  });

  it('never asks twice for what is void', () => {
    const { clock, server, client, conv } = talk();
    const agent = client('agent');
    clock.advance(100);
    agent.delivery.hold(conv, [], 3);
    clock.advance(20_000);
    expect(of(server, 'fetch')).toHaveLength(0);
    agent.delivery.drop(conv);
    const thread = agent.delivery.hold(conv, [{ t: 'msg', conv, seq: 1, id: 'i0', kind: 'message', sender: VISITOR, at: 0 }], 3);
    clock.advance(60_000);
    expect(of(server, 'fetch')).toHaveLength(1);
    expect(thread.last).toBe(3);
  });

  it('gives an entry that a head names a moment to arrive before it asks', () => {
    const { clock, server, visitor, conv } = talk();
    server.announce(conv, 2);
    clock.advance(500);
    server.write(conv, 'message', '1', AGENT);
    clock.advance(5_000);
    expect(texts(visitor, conv)).toEqual(['0', '1']);
    expect(of(server, 'fetch')).toEqual([]);
    server.announce(conv, 3);
    clock.advance(2_000);
    expect(of(server, 'fetch')).toEqual([{ t: 'fetch', conv, first: 3, last: 3 }]);
  });

  it('announces only what arrives as it happens', () => {
    const { clock, server, client, visitor, conv } = talk();
    server.write(conv, 'message', 'live', AGENT);
    clock.advance(100);
    expect(visitor.ear.announced.map(({ text }) => text)).toEqual(['live']);
    const late = client('visitor');
    clock.advance(100);
    expect(late.ear.announced).toEqual([]);
  });

  it('confirms arrival once for what came together', () => {
    const { clock, server, conv } = talk();
    clock.advance(1_000);
    server.received.length = 0;
    for (const text of ['1', '2', '3']) server.write(conv, 'message', text, AGENT);
    clock.advance(1_000);
    expect(of(server, 'delivered')).toEqual([{ t: 'delivered', conv, seq: 4 }]);
  });

  it('keeps marks from going back', () => {
    const { clock, server, client, visitor, conv } = talk();
    const { frame } = visitor.ear;
    expect(frame).toBeDefined();
    const thread = visitor.delivery.thread(conv);
    expect(thread?.mark('staffRead', 5)).toBe(true);
    expect(thread?.mark('staffRead', 3)).toBe(false);
    expect(thread?.marks.staffRead).toBe(5);
    visitor.delivery.read(conv, 4);
    visitor.delivery.read(conv, 2);
    expect(of(server, 'read').map(({ seq }) => seq)).toEqual([4]);
    server.breakAll();
    clock.advance(5_000);
    expect(of(server, 'read').map(({ seq }) => seq)).toEqual([4, 4]);
    expect(client).toBeDefined();
  });

  it('drops everything held when the epoch changes, and keeps what was unsent', () => {
    const { clock, server, visitor, conv } = talk();
    server.reachable = false;
    server.restore();
    visitor.delivery.send({ t: 'send', text: 'after' });
    server.reachable = true;
    clock.advance(60_000);
    expect(visitor.ear.resets).toBe(1);
    expect(visitor.delivery.thread(conv)?.view().length ?? 0).toBe(1);
    expect([...server.conversations.values()].flat().map(({ msg }) => msg.text)).toEqual(['after']);
  });
});

describe('staff', () => {
  it('resume from the position they had seen, and tell once that everything is to be fetched', () => {
    const { clock, server, client } = setting();
    const [visitor, agent] = [client('visitor'), client('agent')];
    clock.advance(100);
    visitor.delivery.send({ t: 'send', text: '1' });
    clock.advance(100);
    server.breakAll();
    clock.advance(5_000);
    const cursors = of(server, 'resume').filter(({ pos }) => pos !== undefined);
    expect(agent.ear.lives).toEqual([true, false]);
    expect(cursors.map(({ pos }) => pos)).toEqual([1]);
  });

  it('count notes, which a visitor never sees', () => {
    const { clock, server, client } = setting();
    const [visitor, agent] = [client('visitor'), client('agent')];
    visitor.delivery.send({ t: 'send', text: 'a' });
    clock.advance(100);
    const [conv = ''] = server.conversations.keys();
    agent.delivery.hold(conv, server.rows(conv).map(({ msg, staffSeq }) => ({ ...msg, seq: staffSeq })), 1);
    agent.delivery.send({ t: 'send', conv, text: 'secret', note: true });
    agent.delivery.send({ t: 'send', conv, text: 'b' });
    clock.advance(100);
    expect(texts(agent, conv)).toEqual(['a', 'secret', 'b']);
    expect(texts(visitor, conv)).toEqual(['a', 'b']);
  });

  it('lose nothing that came live to a page that is old when it arrives', () => {
    const { lines, clock, delivery } = byHand('agent');
    const shown = (): unknown[] => delivery.thread('c')!.view().map(({ seq }) => seq);
    lines[0]!.hear({ t: 'live', pos: 1 });
    lines[0]!.hear({ ...message('c', 1), pos: 2 });
    delivery.expect('c');
    lines[0]!.hear({ ...message('c', 4), pos: 5 }, { ...message('c', 3), pos: 4 });
    delivery.hold('c', [message('c', 2)], 2);
    expect(lines[0]!.sent.filter(({ t }) => t === 'fetch')).toEqual([{ t: 'fetch', conv: 'c', first: 3, last: 3 }]);
    lines[0]!.hear(message('c', 3), { t: 'fetched', conv: 'c', first: 3, last: 3 });
    expect(shown()).toEqual([2, 3, 4]);

    delivery.expect('c');
    lines[0]!.hear({ ...message('c', 5), pos: 6 });
    delivery.hold('c', [message('c', 2), message('c', 3)], 3);
    clock.advance(10_000);
    expect(shown()).toEqual([2, 3, 4, 5]);
    expect(delivery.thread('c')!.last).toBe(5);
  });

  it('keep the older part of a thread that is fetched again, unless the newest page does not join it', () => {
    const { lines, delivery } = byHand('agent');
    const shown = (): unknown[] => delivery.thread('c')!.view().map(({ seq }) => seq);
    lines[0]!.hear({ t: 'live', pos: 1 });
    delivery.hold('c', [message('c', 3)], 3).prepend([message('c', 1), message('c', 2)], 1);
    delivery.hold('c', [message('c', 4)], 4);
    expect(shown()).toEqual([1, 2, 3, 4]);
    const { floor } = delivery.hold('c', [message('c', 8), message('c', 9)], 9);
    expect([floor, shown()]).toEqual([7, [8, 9]]);
  });

  it('do not count a position that came before live, since earlier ones may still be missing', () => {
    const { lines, clock } = byHand('agent');
    const first = lines[0]!;
    first.hear({ t: 'live', pos: 10 });
    first.end();
    clock.advance(2_000);
    const second = lines[1]!;
    second.hear({ t: 'head', pos: 99, event: 'x', conversation: { id: 'c' } as never });
    second.end();
    clock.advance(5_000);
    expect(lines.map((line) => line.resumed()?.pos)).toEqual([undefined, 10, 10]);
    lines[2]!.hear({ t: 'head', pos: 99, event: 'x', conversation: { id: 'c' } as never }, { t: 'live', pos: 12 });
    lines[2]!.end();
    clock.advance(5_000);
    expect(lines[3]!.resumed()?.pos).toBe(99);
  });

  it('begin from nothing when they come back before they were ever live: a loss in between is not told', () => {
    const { lines, clock, ear, delivery } = byHand('agent');
    delivery.hold('c', [message('c', 1)], 1);
    expect(ear.resets).toBe(0);
    lines[0]!.hear({ t: 'head', pos: 9, event: 'x', conversation: { id: 'c' } as never });
    lines[0]!.end();
    clock.advance(2_000);
    expect(ear.resets).toBe(1);
    expect(delivery.thread('c')).toBeNull();
    lines[1]!.hear({ t: 'live', pos: 12 });
    expect(ear.lives).toEqual([true]);
    lines[1]!.end();
    clock.advance(2_000);
    expect(ear.resets).toBe(1);
    expect(lines[2]!.resumed()?.pos).toBe(12);
  });

  it('begin from nothing when the line broke right after a reset', () => {
    const { lines, clock, ear } = byHand('agent');
    lines[0]!.hear({ t: 'live', pos: 12 }, { t: 'reset', epoch: 'e' }, { t: 'head', pos: 9, event: 'x', conversation: { id: 'c' } as never });
    expect(ear.resets).toBe(1);
    lines[0]!.end();
    clock.advance(2_000);
    expect(ear.resets).toBe(2);
    expect(lines[1]!.resumed()).toEqual({ t: 'resume', epoch: 'e' });
  });
});

describe('a line that speaks to another agent, or to one with other rights', () => {
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };

  it.each([
    ['another agent', { id: 'b', epoch: 'e' }],
    ['other rights', { id: AGENT.id, epoch: 'f' }],
  ])('gets nothing of what waits, and ends where the session is over: %s', async (_, other) => {
    const { lines, clock, ear, delivery, greeting } = byHand('agent');
    lines[0]!.hear({ t: 'live', pos: 1 });
    lines[0]!.end();
    delivery.send({ t: 'send', conv: 'c', text: 'mine' });
    Object.assign(greeting, other);
    clock.advance(2_000);
    expect(ear.asked).toBe(1);
    await settled();
    clock.advance(60_000);
    expect(lines[1]!.sent.map(({ t }) => t)).toEqual(['hello']);
    expect(lines).toHaveLength(2);
    expect(ear.conditions.at(-1)).toEqual({ state: 'stopped' });
    expect(delivery.outbox.pending()).toHaveLength(1);
  });

  it('is followed by another one from nothing where the same person goes on, and sends what waits', async () => {
    const { lines, clock, ear, delivery, greeting } = byHand('agent');
    lines[0]!.hear({ t: 'live', pos: 1 });
    lines[0]!.end();
    delivery.send({ t: 'send', conv: 'c', text: 'mine' });
    greeting.epoch = ear.credentials = 'f';
    clock.advance(2_000);
    await settled();
    expect(ear.resets).toBeGreaterThan(0);
    clock.advance(2_000);
    expect(lines[2]!.sent.map(({ t }) => t)).toEqual(['hello', 'resume', 'send']);
    expect(lines[2]!.resumed()).toEqual({ t: 'resume', epoch: 'f' });
  });

  it('is known by its reset where nothing greets', async () => {
    const { lines, clock, ear } = byHand('agent');
    lines[0]!.hear({ t: 'live', pos: 1 }, { t: 'reset', epoch: 'f' });
    expect(ear.asked).toBe(1);
    expect(lines[0]!.sent.filter(({ t }) => t === 'resume')).toHaveLength(1);
    await settled();
    clock.advance(60_000);
    expect(lines).toHaveLength(1);
  });

  it('is asked about ever more slowly while the answers disagree', async () => {
    const { lines, clock, ear, greeting } = byHand('agent');
    greeting.epoch = 'f';
    ear.credentials = 'e';
    lines[0]!.end();
    for (let second = 0; second < 60; second += 1) {
      clock.advance(1_000);
      await settled();
    }
    expect(ear.asked).toBeLessThan(12);
  });
});

describe('the line', () => {
  it('hears nothing of one that it has given up', () => {
    const { lines, clock, ear, delivery } = byHand('visitor');
    const first = lines[0]!;
    clock.advance(60_000);
    first.hear({ t: 'thread', conv: 'c', status: 'open', seq: 0, created_at: 0 });
    first.end();
    clock.advance(2_000);
    expect(delivery.conversations()).toEqual([]);
    expect(lines).toHaveLength(2);
    expect(ear.conditions.map(({ state }) => state)).toEqual(['connecting', 'live', 'waiting', 'connecting', 'live']);
  });

  it('comes back at once after an overflow and when a stopping server says', () => {
    const { clock, server, client } = setting();
    const { ear } = client('visitor');
    clock.advance(100);
    server.breakAll(4008);
    clock.advance(2);
    expect(ear.conditions.at(-1)).toEqual({ state: 'live', by: 'socket' });
    server.breakAll(1012, 'retry_after_ms=4321');
    expect(ear.conditions.at(-1)).toEqual({ state: 'waiting', retryAt: clock.now() + 4_321 });
    clock.advance(4_320);
    expect(ear.conditions.at(-1)?.state).toBe('waiting');
    clock.advance(10);
    expect(ear.conditions.at(-1)?.state).toBe('live');
  });

  it('rests for as long as the server says that found it too fast', () => {
    const { clock, server, client } = setting();
    const { ear } = client('visitor');
    clock.advance(100);
    server.breakAll(1008, 'retry_after_ms=30000');
    expect(ear.conditions.at(-1)).toEqual({ state: 'waiting', retryAt: clock.now() + 30_000 });
    clock.advance(29_990);
    expect(ear.conditions.at(-1)?.state).toBe('waiting');
    clock.advance(20);
    expect(ear.conditions.at(-1)?.state).toBe('live');
  });

  it('backs off to at most 30 s, and stops waiting when nudged', () => {
    const { clock, server, client } = setting();
    server.reachable = false;
    const { ear, delivery } = client('visitor');
    clock.advance(600_000);
    const last = ear.conditions.at(-1);
    expect(last?.state === 'waiting' && last.retryAt - clock.now()).toBeLessThanOrEqual(30_000);
    expect(ear.conditions.length).toBeLessThan(150);
    server.reachable = true;
    delivery.nudge();
    clock.advance(10);
    expect(ear.conditions.at(-1)?.state).toBe('live');
  });

  it('answers a ping in the message handler and gives a silent line up after 60 s', () => {
    const { clock, server, client } = setting();
    const { ear } = client('visitor');
    clock.advance(50_000);
    server.ping();
    clock.advance(1);
    expect(of(server, 'pong')).toHaveLength(1);
    clock.advance(59_000);
    expect(ear.conditions.map(({ state }) => state)).toEqual(['connecting', 'live']);
    clock.advance(1_001);
    expect(ear.conditions.map(({ state }) => state)).toEqual(['connecting', 'live', 'waiting']);
  });

  it('stops when nobody is signed in any more, goes on when there is a new token', async () => {
    const { clock, server, client } = setting();
    const [out, renewed] = [client('agent'), client('visitor')];
    renewed.ear.credentials = server.epoch;
    clock.advance(100);
    server.breakAll(4401);
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    clock.advance(2_000);
    expect(out.ear.conditions.at(-1)?.state).toBe('stopped');
    expect(renewed.ear.conditions.at(-1)?.state).toBe('live');
  });

  it('polls after two sockets that never opened, and goes back to a socket when one opens', () => {
    const { clock, server, client } = setting();
    const open = new ModelServer(clock, () => 1);
    server.reachable = false;
    const { ear } = client('visitor', new MemoryShelf(), open.dial('visitor', VISITOR, false));
    clock.advance(5_000);
    expect(ear.conditions.at(-1)).toEqual({ state: 'live', by: 'poll' });
    clock.advance(20_000);
    expect(ear.conditions.at(-1)).toEqual({ state: 'live', by: 'poll' });
    server.reachable = true;
    for (let ping = 0; ping < 3; ping += 1) {
      open.ping();
      clock.advance(25_000);
    }
    expect(ear.conditions.filter(({ state }) => state === 'live').at(-1)).toEqual({ state: 'live', by: 'socket' });
  });
});

describe('typing', () => {
  it('tells at most every 3 s that somebody writes', () => {
    const { clock, server, client } = setting();
    const visitor = client('visitor');
    visitor.delivery.send({ t: 'send', text: '0' });
    clock.advance(100);
    const [conv = ''] = server.conversations.keys();
    for (let key = 0; key < 60; key += 1) {
      visitor.delivery.typing(conv, true);
      clock.advance(100);
    }
    expect(of(server, 'typing')).toHaveLength(3);
  });

  it('tells unsent text at most every second, the last among it, and says when it stops', () => {
    const { clock, server, client } = setting();
    const visitor = client('visitor');
    visitor.delivery.send({ t: 'send', text: '0' });
    clock.advance(100);
    const [conv = ''] = server.conversations.keys();
    for (const text of ['w', 'wh', 'wha', 'what']) visitor.delivery.typing(conv, true, text);
    expect(of(server, 'typing').map(({ text }) => text)).toEqual(['w']);
    clock.advance(1_000);
    expect(of(server, 'typing').map(({ text }) => text)).toEqual(['w', 'what']);
    clock.advance(10_000);
    visitor.delivery.typing(conv, false);
    visitor.delivery.typing(conv, false);
    expect(of(server, 'typing').map(({ on }) => on)).toEqual([true, true, false]);
  });
});

describe('a line that loses, repeats, reorders and breaks', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed + 1))('ends with what the server holds, seed %i', (seed) => {
    const { clock, server, client } = setting(seed);
    const chance = seeded(seed * 7919);
    const people = [client('visitor'), client('visitor'), client('agent')];
    const [visitor, , agent] = people as [Client, Client, Client];
    visitor.delivery.send({ t: 'send', text: 'opening' });
    clock.advance(1_000);
    const [conv = ''] = server.conversations.keys();
    agent.delivery.hold(conv, [{ ...server.rows(conv)[0]!.msg, seq: 1 }], 1);
    server.faults = { lose: 0.15, repeat: 0.2, reorder: 0.2, break: 0.05 };
    for (let step = 0; step < 60; step += 1) {
      const { delivery } = people[Math.floor(chance.fraction() * people.length)]!;
      const note = delivery === agent.delivery && chance.fraction() < 0.3;
      delivery.send({ t: 'send', conv, text: `m${step}`, ...(note ? { note } : {}) });
      if (chance.fraction() < 0.05) server.breakAll(chance.fraction() < 0.5 ? 4008 : 1006);
      clock.advance(chance.fraction() * 2_000);
    }
    server.faults = { lose: 0, repeat: 0, reorder: 0, break: 0 };
    server.breakAll();
    clock.advance(600_000);
    const stored = server.rows(conv);
    expect(stored.filter(({ msg }) => msg.text?.startsWith('m'))).toHaveLength(60);
    const visible = stored.filter(({ seq }) => seq !== null).map(({ msg }) => msg.text);
    expect(texts(people[0]!, conv)).toEqual(visible);
    expect(texts(people[1]!, conv)).toEqual(visible);
    expect(texts(agent, conv)).toEqual(stored.map(({ msg }) => msg.text));
    for (const { delivery, shelf } of people) {
      expect(delivery.outbox.pending()).toEqual([]);
      expect(shelf.records.size).toBe(0);
    }
  });
});
