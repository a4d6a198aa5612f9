/** The threads this agent has opened: fetched page by page, kept by the delivery client. */
import { type Signal, signal } from '@preact/signals';
import { type Api, Problem } from '../../kit/api';
import type { Delivery } from '../../kit/delivery';
import type { Msg } from '../../kit/frames';
import { type Entry, Thread } from '../../kit/thread';
import { type Row, ofVisitor } from './heads';
import type { Lists } from './lists';
import { reason } from './session';

const PAGE_ROWS = 60;
const JUMP_ROWS = 200;
const HELD_MAX = 12;

export type Older = 'more' | 'loading' | 'none';

export interface ThreadState {
  readonly phase: 'loading' | 'ready' | 'failed' | 'gone';
  readonly why: string;
  /** Older entries: more to come, on their way, or this is the beginning. */
  readonly older: Older;
  /** The same of an excerpt far back that is shown instead of the newest entries; null while there is none. */
  readonly excerpt: Older | null;
  /** What this agent had read when he came, as staff count. */
  readonly readTo: number | null;
  /** Grows with every change of what the delivery client holds. */
  readonly version: number;
}

interface MessagesAnswer {
  messages: Msg[];
  more: boolean;
}

/** What is shown of a thread: its newest entries, or an excerpt with newer ones below it. */
export interface Held {
  readonly entries: readonly Entry[];
  readonly older: Older;
  readonly excerpt: boolean;
}

const LOADING: ThreadState = { phase: 'loading', why: '', older: 'more', excerpt: null, readTo: null, version: 0 };
const EXCERPT_ROWS = 60;

export class Threads {
  private readonly states = new Map<string, Signal<ThreadState>>();
  private readonly excerpts = new Map<string, Thread>();
  private readonly excerptsGrow = new Set<string>();
  /** Grows when everything held turned void: a page asked for before is void too. */
  private round = 0;
  /** What was opened before the desk fetches anything; null once it does. */
  private waiting: Set<string> | null = null;

  constructor(
    private readonly api: Api,
    private readonly delivery: Delivery,
    private readonly lists: Lists,
  ) {}

  state(conv: string): Signal<ThreadState> {
    const held = this.states.get(conv);
    if (held) return held;
    const made = signal(LOADING);
    this.states.set(conv, made);
    return made;
  }

  /** Shows a conversation: what is held at once, else its newest page. */
  async open(conv: string): Promise<void> {
    this.makeRoom(conv);
    const held = this.state(conv);
    if (held.value.phase === 'ready' && this.delivery.thread(conv)) {
      const unread = this.lists.heads.value.get(conv)?.unread ?? 0;
      if (unread > 0) this.turn(conv, { readTo: this.readBefore(conv, unread) });
      return;
    }
    await this.load(conv);
  }

  /** From now on what is opened waits for `begin`: then it is fetched once, not before the line and again with it. */
  hold(): void {
    this.waiting = new Set();
  }

  begin(): void {
    const convs = this.waiting ?? [];
    this.waiting = null;
    for (const conv of convs) void this.load(conv);
  }

  async load(conv: string): Promise<void> {
    if (this.waiting) return void this.waiting.add(conv);
    if (this.state(conv).value.phase !== 'ready') this.state(conv).value = LOADING;
    const { round } = this;
    const known = this.lists.known();
    this.delivery.expect(conv);
    try {
      const [row, page] = await Promise.all([
        this.api.get<Row & { agent_read: number }>(`api/v1/conversations/${conv}`),
        this.api.get<MessagesAnswer>(`api/v1/conversations/${conv}/messages?limit=${PAGE_ROWS}`),
      ]);
      if (round !== this.round) return;
      const { conversation, contact, unread } = row;
      if (!this.lists.put({ conversation, contact, unread }, known)) return this.lose(conv);
      const { floor } = this.delivery.hold(conv, page.messages, row.conversation.staff_seq);
      const readTo = row.unread > 0 ? row.agent_read : null;
      this.turn(conv, { phase: 'ready', older: page.more && floor > 0 ? 'more' : 'none', readTo });
    } catch (error) {
      if (round !== this.round) return;
      const gone = error instanceof Problem && error.status === 404;
      this.turn(conv, gone ? { phase: 'gone' } : { phase: 'failed', why: reason(error) });
    }
  }

  /** What is to be shown now. */
  held(conv: string): Held {
    const { older, excerpt } = this.state(conv).value;
    const apart = this.excerpts.get(conv);
    if (apart && excerpt !== null) return { entries: apart.view(), older: excerpt, excerpt: true };
    return { entries: this.delivery.thread(conv)?.view() ?? [], older, excerpt: false };
  }

  /** One page further back in what is shown. */
  async older(conv: string, rows = PAGE_ROWS): Promise<void> {
    if (this.state(conv).value.excerpt !== null) return this.excerptOlder(conv);
    const thread = this.delivery.thread(conv);
    if (!thread || this.state(conv).value.older !== 'more') return;
    this.turn(conv, { older: 'loading' });
    try {
      const page = await this.page(conv, thread.floor + 1, rows);
      thread.prepend(page.messages, page.messages[0]?.seq ?? 1);
      this.turn(conv, { older: page.more ? 'more' : 'none' });
    } catch {
      // Scrolling up again asks again.
      this.turn(conv, { older: 'more' });
    }
  }

  /** Makes a number showable: by one page more where it is near, else by an excerpt around it. */
  async reach(conv: string, seq: number): Promise<void> {
    const floor = this.delivery.thread(conv)?.floor ?? 0;
    if (floor < seq) return this.toNewest(conv);
    const apart = this.excerpts.get(conv);
    if (this.state(conv).value.excerpt !== null && apart && apart.floor < seq && seq <= apart.last) return;
    if (floor - seq < JUMP_ROWS) {
      this.toNewest(conv);
      await this.older(conv, JUMP_ROWS);
      if ((this.delivery.thread(conv)?.floor ?? 0) < seq) return;
    }
    const page = await this.page(conv, seq + EXCERPT_ROWS / 2, EXCERPT_ROWS);
    const [oldest] = page.messages;
    if (!oldest) return;
    const thread = new Thread(conv, oldest.seq - 1);
    page.messages.forEach((entry) => thread.insert(entry));
    this.excerpts.set(conv, thread);
    this.turn(conv, { excerpt: page.more ? 'more' : 'none' });
  }

  /** Leaves an excerpt for the newest entries. */
  toNewest(conv: string): void {
    if (!this.excerpts.delete(conv)) return;
    this.turn(conv, { excerpt: null });
  }

  /** One page further on in an excerpt; where it meets what is held, it becomes part of that. */
  async newer(conv: string): Promise<void> {
    const apart = this.excerpts.get(conv);
    const live = this.delivery.thread(conv);
    if (!apart || !live || this.excerptsGrow.has(conv)) return;
    this.excerptsGrow.add(conv);
    try {
      const last = apart.last;
      let before = Math.min(last + 1 + EXCERPT_ROWS, live.floor + 1);
      while (before > last + 1) {
        // a page of long texts may be short of what was asked for
        const page = await this.page(conv, before, EXCERPT_ROWS);
        page.messages.forEach((entry) => apart.insert(entry));
        before = page.messages[0]?.seq ?? last + 1;
      }
      if (this.excerpts.get(conv) !== apart) return;
      if (apart.last >= live.floor) this.join(conv, apart, live);
      else this.turn(conv, {});
    } catch {
      // Scrolling on asks again.
    } finally {
      this.excerptsGrow.delete(conv);
    }
  }

  /** A change of an earlier entry is one of the excerpt's as well. */
  heard(frame: Msg): void {
    if (frame.target != null) this.excerpts.get(frame.conv)?.insert(frame);
  }

  private join(conv: string, apart: Thread, live: Thread): void {
    const older = this.state(conv).value.excerpt ?? 'none';
    live.prepend(apart.all(), apart.floor + 1);
    this.excerpts.delete(conv);
    this.turn(conv, { excerpt: null, older });
  }

  private async excerptOlder(conv: string): Promise<void> {
    const apart = this.excerpts.get(conv);
    if (!apart || this.state(conv).value.excerpt !== 'more') return;
    this.turn(conv, { excerpt: 'loading' });
    const page = await this.page(conv, apart.floor + 1, EXCERPT_ROWS).catch(() => null);
    if (this.excerpts.get(conv) !== apart) return;
    if (page) apart.prepend(page.messages, page.messages[0]?.seq ?? 1);
    this.turn(conv, { excerpt: page && !page.more ? 'none' : 'more' });
  }

  private page(conv: string, before: number, rows: number): Promise<MessagesAnswer> {
    return this.api.get<MessagesAnswer>(`api/v1/conversations/${conv}/messages?before=${before}&limit=${rows}`);
  }

  /** Something of it changed. */
  touch(conv: string): void {
    if (this.states.has(conv)) this.turn(conv, {});
  }

  /** Waiting or refused entries changed: their lines stand in the threads. */
  touchAll(): void {
    for (const conv of this.states.keys()) this.touch(conv);
  }

  /** No longer this agent's to see. */
  lose(conv: string): void {
    this.delivery.drop(conv);
    if (this.states.has(conv)) this.turn(conv, { phase: 'gone' });
  }

  /** This agent's to see again. */
  async regain(conv: string): Promise<void> {
    if (this.states.get(conv)?.value.phase === 'gone') await this.load(conv);
  }

  /** What was fetched before the line was live may lack what came in between. */
  async refresh(): Promise<void> {
    if (this.waiting) return;
    const convs = [...this.states.keys()];
    await Promise.all(convs.map((conv) => this.load(conv)));
  }

  reset(): void {
    this.round += 1;
    this.excerpts.clear();
    for (const state of this.states.values()) state.value = LOADING;
  }

  private readBefore(conv: string, unread: number): number | null {
    const waiting = (this.delivery.thread(conv)?.view() ?? []).filter(ofVisitor);
    const first = waiting[waiting.length - unread];
    return first ? first.seq - 1 : null;
  }

  private makeRoom(conv: string): void {
    const others = [...this.states.keys()].filter((held) => held !== conv);
    for (const stale of others.slice(0, Math.max(0, others.length - HELD_MAX + 1))) {
      this.states.delete(stale);
      this.excerpts.delete(stale);
      this.delivery.drop(stale);
    }
    const state = this.states.get(conv);
    if (!state) return;
    // Moves to the end: the one left longest ago makes room first.
    this.states.delete(conv);
    this.states.set(conv, state);
  }

  private turn(conv: string, change: Partial<ThreadState>): void {
    const state = this.state(conv);
    state.value = { ...state.value, ...change, version: state.value.version + 1 };
  }
}
