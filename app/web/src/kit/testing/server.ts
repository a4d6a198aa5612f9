/**
 * A model of the server for the client's tests: the delivery rules over plain arrays, and lines that lose, repeat and
 * reorder frames or break. What crosses a line is copied, as the wire would.
 */
import type { Dial, LineListener } from '../connection';
import { type ClientFrame, CloseCode, type Fetch, type Kind, type Msg, type Resume, type Send, type ServerFrame, type Speaker } from '../frames';
import type { ManualClock } from './clock';

interface Row {
  staffSeq: number;
  seq: number | null;
  msg: Omit<Msg, 'seq' | 'pos'>;
  pos: number;
}

/** Parts of 1: how often a frame is lost, sent twice, overtaken, or the line breaks with it. */
export interface Faults {
  lose: number;
  repeat: number;
  reorder: number;
  break: number;
}

export const NO_FAULTS: Faults = { lose: 0, repeat: 0, reorder: 0, break: 0 };

/** `socket_frames_burst` and `socket_frames_per_second` of settings.py: who goes faster is closed. */
const FRAMES_BURST = 60;
const FRAME_INTERVAL_MS = 1_000 / 20;

export class ModelServer {
  epoch = 'epoch-1';
  faults: Faults = NO_FAULTS;
  /** When false, a new line closes before it opens. */
  reachable = true;
  readonly received: ClientFrame[] = [];
  /** Lines closed for going too fast. */
  abused = 0;
  readonly conversations = new Map<string, Row[]>();
  private readonly peers = new Set<Peer>();
  private pos = 0;

  constructor(
    readonly clock: ManualClock,
    readonly chance: () => number,
  ) {}

  /** A dial for one principal; one that does not greet, as long-polling, is known from the start. */
  dial(kind: 'visitor' | 'agent', speaker: Speaker, greets = true): Dial {
    return (listener) => {
      const peer = new Peer(this, kind, speaker, listener);
      if (!greets) this.join(peer);
      return peer;
    };
  }

  /** Breaks every line, as a restart does. */
  breakAll(code = 1006, reason = ''): void {
    for (const peer of [...this.peers]) peer.break(code, reason);
  }

  /** Tells a head that names entries up to `seq`, as it does beside what was written. */
  announce(conv: string, seq: number): void {
    for (const peer of this.peers) peer.put({ t: 'thread', conv, status: 'open', seq, created_at: 0 });
  }

  /** What the server sends every 25 s. */
  ping(): void {
    for (const peer of this.peers) peer.put({ t: 'ping' });
  }

  /** Another generation: everything stored is gone, as after a restore of an empty archive. */
  restore(): void {
    this.epoch += '+';
    this.conversations.clear();
    this.pos = 0;
    this.breakAll();
  }

  join(peer: Peer): void {
    this.peers.add(peer);
  }

  leave(peer: Peer): void {
    this.peers.delete(peer);
  }

  accept(peer: Peer, frame: Extract<ClientFrame, { cid: string }>): void {
    const stored = [...this.conversations].flatMap(([conv, rows]) => rows.map((row) => ({ conv, row })));
    const known = stored.find(({ row }) => row.msg.cid === frame.cid);
    const { conv, row } = known ?? this.store(frame, peer.speaker);
    peer.put({ t: 'ack', cid: frame.cid, conv, id: row.msg.id, seq: peer.number(row) ?? 0, at: row.msg.at });
    if (known !== undefined) return;
    for (const other of this.peers) if (other !== peer) other.tell(row);
  }

  /** An entry of another kind, written by the house. */
  write(conv: string, kind: Kind, text: string, speaker: Speaker): void {
    const row = this.append(conv, { t: 'msg', conv, id: `i${this.pos}`, kind, sender: speaker, at: 0, text });
    for (const peer of this.peers) peer.tell(row);
  }

  rows(conv: string): Row[] {
    return this.conversations.get(conv) ?? [];
  }

  position(): number {
    return this.pos;
  }

  private store(frame: Extract<ClientFrame, { cid: string }>, speaker: Speaker): { conv: string; row: Row } {
    const conv = frame.conv ?? `c${this.conversations.size + 1}`.padEnd(26, '0');
    const kind: Kind = frame.t === 'send' ? ((frame as Send).note ? 'note' : 'message') : frame.t;
    const target = frame.t === 'send' ? {} : { target: frame.id };
    const text = 'text' in frame ? { text: frame.text ?? '' } : {};
    const msg = { t: 'msg', conv, id: `i${this.pos}`, kind, sender: speaker, at: 0, cid: frame.cid, ...text, ...target } as const;
    return { conv, row: this.append(conv, msg) };
  }

  private append(conv: string, msg: Omit<Msg, 'seq' | 'pos'>): Row {
    const rows = this.rows(conv);
    const hidden = msg.kind === 'note' || msg.kind === 'system';
    const seq = hidden ? null : Math.max(0, ...rows.map((row) => row.seq ?? 0)) + 1;
    const row = { staffSeq: rows.length + 1, seq, msg, pos: (this.pos += 1) };
    this.conversations.set(conv, [...rows, row]);
    return row;
  }
}

/** One line's far end. */
class Peer {
  private open = true;
  private wholeAt = 0;
  private held: ServerFrame | null = null;

  constructor(
    private readonly server: ModelServer,
    private readonly kind: 'visitor' | 'agent',
    readonly speaker: Speaker,
    private readonly listener: LineListener,
  ) {
    server.clock.after(1, () => {
      if (!server.reachable) this.break(1006, '');
      else if (this.open) listener.opened();
    });
  }

  send(frame: ClientFrame): void {
    const { faults, chance } = this.server;
    if (!this.open || this.tooFast() || chance() < faults.lose) return;
    this.server.received.push(frame);
    this.handle(structuredClone(frame));
    if (chance() < faults.break) this.break(1006, '');
  }

  close(): void {
    this.open = false;
    this.server.leave(this);
  }

  break(code: number, reason: string): void {
    if (!this.open) return;
    this.close();
    this.listener.closed(code, reason);
  }

  private tooFast(): boolean {
    const now = this.server.clock.monotonic();
    const after = Math.max(this.wholeAt, now) + FRAME_INTERVAL_MS;
    if (after - now <= FRAMES_BURST * FRAME_INTERVAL_MS) {
      this.wholeAt = after;
      return false;
    }
    this.server.abused += 1;
    this.break(CloseCode.ABUSE, 'too many frames: slow down');
    return true;
  }

  /** To the client, through whatever the line does to frames. Greetings are spared: only what has a number is at risk. */
  put(frame: ServerFrame): void {
    const { faults, chance, clock } = this.server;
    const risky = frame.t === 'msg' || frame.t === 'ack' || frame.t === 'void';
    if (risky && chance() < faults.lose) return;
    const times = risky && chance() < faults.repeat ? 2 : 1;
    for (let count = 0; count < times; count += 1) {
      if (risky && this.held === null && chance() < faults.reorder) this.held = frame;
      else clock.after(1, () => this.deliver(frame));
    }
  }

  tell(row: Row): void {
    const number = this.number(row);
    if (number !== null) this.put(this.message(row, number));
  }

  number(row: Row): number | null {
    return this.kind === 'agent' ? row.staffSeq : row.seq;
  }

  private deliver(frame: ServerFrame): void {
    if (!this.open) return;
    this.listener.frame(structuredClone(frame));
    const { held } = this;
    this.held = null;
    if (held !== null && this.open) this.listener.frame(structuredClone(held));
  }

  private message(row: Row, number: number): Msg {
    return { ...row.msg, seq: number, ...(this.kind === 'agent' ? { pos: row.pos } : {}) };
  }

  private handle(frame: ClientFrame): void {
    if (frame.t === 'hello') this.greet();
    else if (frame.t === 'resume') this.resume(frame);
    else if (frame.t === 'fetch') this.fetch(frame);
    else if (frame.t === 'send' || frame.t === 'edit' || frame.t === 'delete') this.server.accept(this, frame);
  }

  private greet(): void {
    this.server.join(this);
    this.put({ t: 'welcome', epoch: this.server.epoch, kind: this.kind, id: this.speaker.id, at: 0 });
  }

  private resume({ epoch = '', convs = {}, pos = null }: Resume): void {
    if (epoch !== this.server.epoch) return this.put({ t: 'reset', epoch: this.server.epoch });
    if (this.kind === 'visitor') this.replay((conv, row) => (row.seq ?? 0) > (convs[conv] ?? 0));
    else if (pos !== null) this.replay((_, row) => row.pos > pos);
    this.put({ t: 'live', ...(this.kind === 'agent' ? { pos: this.server.position() } : {}) });
  }

  private replay(missed: (conv: string, row: Row) => boolean): void {
    for (const [conv, rows] of this.server.conversations) {
      const seq = Math.max(0, ...rows.map((row) => row.seq ?? 0));
      if (this.kind === 'visitor') this.put({ t: 'thread', conv, status: 'open', seq, created_at: 0 });
      for (const row of rows) if (missed(conv, row)) this.tell(row);
    }
  }

  private fetch({ conv, first, last }: Fetch): void {
    const rows = this.server.rows(conv);
    for (let seq = first; seq <= last; seq += 1) {
      const row = rows.find((candidate) => this.number(candidate) === seq);
      this.put(row === undefined ? { t: 'void', conv, first: seq, last: seq } : this.message(row, seq));
    }
    this.put({ t: 'fetched', conv, first, last });
  }
}
