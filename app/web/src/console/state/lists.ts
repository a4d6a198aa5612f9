/** The views of the conversation list: their rows, counts and pages, fetched once and moved along by live frames. */
import { type Signal, batch, computed, signal } from '@preact/signals';
import type { Api } from '../../kit/api';
import type { Gone, Head, Msg, ServerFrame, Watermark } from '../../kit/frames';
import { type Counts, shifted } from './counts';
import { Early } from './early';
import { EVERYTHING, type Filters } from './filters';
import {
  type Heads,
  type Row,
  type View,
  VIEWS,
  belongs,
  counted,
  headed,
  introduced,
  marked,
  merged,
  seen,
  without,
} from './heads';
import { mentions } from './notices';
import { ordered } from './order';
import { reason } from './session';

const FIRST_PAGE_ROWS = 100;
const PAGE_ROWS = 200;
/** Active views are fetched to the end, so that the longest waiting one is known; this many rows at most. */
const ROWS_MAX = 5_000;

export interface Paging {
  readonly phase: 'idle' | 'loading' | 'ready' | 'failed';
  readonly next: string | null;
  readonly why: string;
}

interface ListingAnswer {
  conversations: Row[];
  next: string | null;
  counts: Counts;
}

/** Fetched page by page as one scrolls: they only grow. */
const BY_PAGES: ReadonlySet<View> = new Set(['resolved', 'mentioned']);
const UNASKED: Paging = { phase: 'idle', next: null, why: '' };

export class Lists {
  readonly heads = signal<Heads>(new Map());
  readonly counts = signal<Counts>({ mine: 0, unassigned: 0, all: 0 });
  readonly view = computed(() => this.filters.value.view);
  /** Where this agent was mentioned, as far as it was fetched or told. */
  readonly named = signal<ReadonlySet<string>>(new Set());
  /** Of those, where he has not looked since. */
  readonly unseen = signal<ReadonlySet<string>>(new Set());
  /** The conversation that stays in a narrowed view while it is open. */
  readonly kept = signal<string | null>(null);
  readonly pages = signal<Readonly<Record<View, Paging>>>(everyView(UNASKED));
  readonly order = computed(() =>
    ordered(this.heads.value, this.view.value, this.me, this.filters.value, this.kept.value, this.named.value),
  );
  readonly paging = computed(() => this.pages.value[this.view.value]);

  private round = 0;
  private readonly filling = new Set<string>();
  /** Rows whose unread messages only the server can count. */
  private readonly uncounted = new Set<string>();
  private readonly early = new Early();

  /** `me`: the agent's id. `looking`: the conversation before his eyes. */
  constructor(
    private readonly api: Api,
    private readonly me: string,
    private readonly looking: () => string | null,
    readonly filters: Signal<Filters> = signal(EVERYTHING),
  ) {}

  show(view: View): void {
    this.filters.value = { ...this.filters.value, view };
    this.ensure(view);
  }

  /** Fetches a view that was not fetched before. */
  ensure(view: View): void {
    if (this.pages.value[view].phase === 'idle') void this.load(view);
  }

  /** Fetches every view that was fetched before, or the one shown, anew. */
  async refresh(): Promise<void> {
    this.round += 1;
    const wanted = VIEWS.filter((view) => view === this.view.value || this.pages.value[view].phase !== 'idle');
    await Promise.all(wanted.map((view) => this.load(view)));
  }

  /** Nothing held is true any more, nor what is on its way. */
  reset(): void {
    this.round += 1;
    this.heads.value = new Map();
    this.early.reset();
    this.named.value = this.unseen.value = new Set();
    this.uncounted.clear();
    this.pages.value = everyView(UNASKED);
  }

  /** The next page of a view, if there is one and none is on its way. */
  async more(view: View): Promise<void> {
    const { phase, next } = this.pages.value[view];
    if (phase === 'ready' && next !== null) await this.page(view, next, this.round);
  }

  async load(view: View): Promise<void> {
    const { round } = this;
    const held = this.heads.value;
    let before: string | null = null;
    do {
      await this.page(view, before, round);
      const { phase, next } = this.pages.value[view];
      if (round !== this.round || phase !== 'ready') return;
      before = next;
    } while (before !== null && !BY_PAGES.has(view) && this.heads.value.size < ROWS_MAX);
    if (before === null) this.heads.value = this.withoutStale(view, held);
  }

  /** What is known now of conversations that are gone and of contacts: to be named by what is fetched from here on. */
  known(): number {
    return this.early.known;
  }

  /**
   * A row fetched by itself: a conversation opened by its address, or one met for the first time in a live frame. False
   * where it was lost after `known`, so that the row speaks of the time before.
   */
  put(row: Row, known: number): boolean {
    this.heads.value = this.admitted(this.heads.value, [row], known);
    return !this.early.lostSince(row.conversation.id, known);
  }

  /** This agent has read all of it, up to its number `to`. */
  seen(conv: string, to: number): void {
    if (this.unseen.peek().has(conv)) this.unseen.value = new Set([...this.unseen.peek()].filter((id) => id !== conv));
    this.heads.value = seen(this.heads.value, conv, to);
  }

  receive(frame: ServerFrame): void {
    switch (frame.t) {
      case 'head':
        return this.headed(frame);
      case 'msg':
        return this.told(frame);
      case 'gone':
        return this.lost(frame);
      case 'contact':
        this.early.introduced(frame.contact);
        this.heads.value = introduced(this.heads.value, frame.contact);
        return;
      case 'watermark':
        if (this.heads.value.has(frame.conv)) this.heads.value = this.marked(this.heads.value, frame);
        else this.early.mark(frame);
    }
  }

  /** Where he was mentioned since he last looked. A failure leaves the count as it is until the next time. */
  async loadMentions(): Promise<void> {
    const answer = await this.api.get<{ unseen: readonly { conversation_id: string }[] }>('api/v1/mentions').catch(() => null);
    if (answer) this.unseen.value = new Set(answer.unseen.map(({ conversation_id: id }) => id));
  }

  private told(frame: Msg): void {
    if (mentions(frame, this.me)) {
      this.named.value = together(this.named.peek(), [frame.conv]);
      if (this.looking() !== frame.conv) this.unseen.value = together(this.unseen.peek(), [frame.conv]);
    }
    if (this.heads.value.has(frame.conv))
      this.heads.value = counted(this.heads.value, frame, this.looking() === frame.conv);
    else this.early.entry(frame);
  }

  private headed(frame: Head): void {
    const conv = frame.conversation.id;
    if (this.early.outlives(frame)) return;
    const unread = this.early.unread(frame.conversation);
    if (unread === null && !this.heads.value.has(conv)) this.uncounted.add(conv);
    this.shift(conv, () => this.caughtUp(headed(this.heads.value, frame, unread ?? 0), conv));
    if (!this.heads.value.get(conv)?.contact || this.uncounted.has(conv)) void this.fill(conv);
  }

  private lost(frame: Gone): void {
    this.shift(frame.conv, () => without(this.heads.value, frame));
    if (this.heads.value.has(frame.conv)) return;
    this.early.lost(frame);
    this.uncounted.delete(frame.conv);
  }

  private marked(heads: Heads, frame: Watermark): Heads {
    const after = marked(heads, frame);
    const row = after.get(frame.conv);
    const own = frame.by === 'agent' && frame.what === 'read' && frame.id === this.me;
    if (!own || !row || row.unread === 0) return after;
    if (frame.seq >= row.conversation.seq) return seen(after, frame.conv);
    this.uncounted.add(frame.conv);
    void this.fill(frame.conv);
    return after;
  }

  /** Fetched rows, without those that were lost since they were asked for, and with what was told of their contacts. */
  private admitted(heads: Heads, rows: readonly Row[], known: number): Heads {
    const seeable = rows
      .filter(({ conversation }) => !this.early.lostSince(conversation.id, known))
      .map((row) => ({ ...row, contact: this.early.contactSince(row.conversation.contact_id, known) ?? row.contact }));
    return seeable.reduce((after, { conversation }) => this.caughtUp(after, conversation.id), merged(heads, seeable));
  }

  /** A row with the marks that came before it. */
  private caughtUp(heads: Heads, conv: string): Heads {
    return this.early.found(conv).reduce((after, frame) => this.marked(after, frame), heads);
  }

  private shift(conv: string, change: () => Heads): void {
    const before = this.heads.value.get(conv)?.conversation ?? null;
    const heads = change();
    const after = heads.get(conv)?.conversation ?? null;
    batch(() => {
      this.heads.value = heads;
      this.counts.value = shifted(this.counts.value, before, after, this.me);
    });
  }

  private async fill(conv: string): Promise<void> {
    if (this.filling.has(conv)) return;
    this.filling.add(conv);
    const known = this.known();
    const asked = this.heads.value.get(conv)?.conversation.staff_seq ?? 0;
    // A failure leaves the row without name or count until the next change of it asks again.
    const row = await this.api.get<Row>(`api/v1/conversations/${conv}`).catch(() => null);
    this.filling.delete(conv);
    if (!row || !this.put(row, known)) return;
    const now = this.heads.value.get(conv)?.conversation.staff_seq ?? 0;
    const movedOn = now > Math.max(asked, row.conversation.staff_seq);
    if (movedOn && this.uncounted.has(conv)) return this.fill(conv);
    this.uncounted.delete(conv);
  }

  private async page(view: View, before: string | null, round: number): Promise<void> {
    const first = before === null;
    const known = this.known();
    this.turn(view, { ...this.pages.value[view], phase: 'loading' });
    const place = before === null ? '' : `&before=${encodeURIComponent(before)}`;
    try {
      const path = `api/v1/conversations?view=${view}&limit=${first ? FIRST_PAGE_ROWS : PAGE_ROWS}${place}`;
      const answer = await this.api.get<ListingAnswer>(path);
      if (round !== this.round) return;
      batch(() => {
        this.heads.value = this.admitted(this.heads.value, answer.conversations, known);
        if (view === 'mentioned') this.named.value = together(this.named.peek(), idsOf(answer.conversations));
        if (first) this.counts.value = answer.counts;
        this.turn(view, { phase: 'ready', next: answer.next, why: '' });
      });
    } catch (error) {
      if (round === this.round) this.turn(view, { phase: 'failed', next: before, why: reason(error) });
    }
  }

  /** What was held of a view before all of it was fetched, and was neither listed nor told of since, is not in it. */
  private withoutStale(view: View, held: Heads): Heads {
    const heads = new Map(this.heads.value);
    for (const [id, row] of held) if (heads.get(id) === row && belongs(row.conversation, view, this.me)) heads.delete(id);
    return heads;
  }

  private turn(view: View, paging: Paging): void {
    this.pages.value = { ...this.pages.value, [view]: paging };
  }
}

function everyView<T>(value: T): Record<View, T> {
  return { mine: value, unassigned: value, all: value, mentioned: value, snoozed: value, resolved: value };
}

function together(one: ReadonlySet<string>, other: readonly string[]): ReadonlySet<string> {
  return new Set([...one, ...other]);
}

function idsOf(rows: readonly Row[]): readonly string[] {
  return rows.map(({ conversation }) => conversation.id);
}
