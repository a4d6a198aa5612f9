/** The threads this agent has opened: fetched page by page, kept by the delivery client. */
import { type Signal, signal } from '@preact/signals';
import { type Api, Problem } from '../../kit/api';
import type { Delivery } from '../../kit/delivery';
import type { Msg } from '../../kit/frames';
import { type Row, ofVisitor } from './heads';
import type { Lists } from './lists';
import { reason } from './session';

const PAGE_ROWS = 60;
const JUMP_ROWS = 200;
const HELD_MAX = 12;

export interface ThreadState {
  readonly phase: 'loading' | 'ready' | 'failed' | 'gone';
  readonly why: string;
  /** Older entries: more to come, on their way, or this is the beginning. */
  readonly older: 'more' | 'loading' | 'none';
  /** What this agent had read when he came, as staff count. */
  readonly readTo: number | null;
  /** Grows with every change of what the delivery client holds. */
  readonly version: number;
}

interface MessagesAnswer {
  messages: Msg[];
  more: boolean;
}

const LOADING: ThreadState = { phase: 'loading', why: '', older: 'more', readTo: null, version: 0 };

export class Threads {
  private readonly states = new Map<string, Signal<ThreadState>>();
  /** Grows when everything held turned void: a page asked for before is void too. */
  private round = 0;

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

  async load(conv: string): Promise<void> {
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

  /** One page further back. */
  async older(conv: string, rows = PAGE_ROWS): Promise<void> {
    const thread = this.delivery.thread(conv);
    if (!thread || this.state(conv).value.older !== 'more') return;
    this.turn(conv, { older: 'loading' });
    try {
      const from = thread.floor + 1;
      const path = `api/v1/conversations/${conv}/messages?before=${from}&limit=${rows}`;
      const page = await this.api.get<MessagesAnswer>(path);
      thread.prepend(page.messages, page.messages[0]?.seq ?? 1);
      this.turn(conv, { older: page.more ? 'more' : 'none' });
    } catch {
      // Scrolling up again asks again.
      this.turn(conv, { older: 'more' });
    }
  }

  /** Loads back to a number, for a jump from the search. */
  async reach(conv: string, seq: number): Promise<void> {
    for (;;) {
      const floor = this.delivery.thread(conv)?.floor ?? 0;
      if (floor < seq) return;
      await this.older(conv, JUMP_ROWS);
      if (this.delivery.thread(conv)?.floor === floor) return;
    }
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
    const convs = [...this.states.keys()];
    await Promise.all(convs.map((conv) => this.load(conv)));
  }

  reset(): void {
    this.round += 1;
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
