/** The views of the conversation list: their rows, counts and pages, fetched once and moved along by live frames. */
import { batch, computed, signal } from '@preact/signals';
import type { Api } from '../../kit/api';
import type { ServerFrame } from '../../kit/frames';
import { type Counts, shifted } from './counts';
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
import { ordered } from './order';
import { reason } from './session';

const PAGE_ROWS = 100;
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

const UNASKED: Paging = { phase: 'idle', next: null, why: '' };

export class Lists {
  readonly heads = signal<Heads>(new Map());
  readonly counts = signal<Counts>({ mine: 0, unassigned: 0, all: 0 });
  readonly view = signal<View>('mine');
  readonly pages = signal<Readonly<Record<View, Paging>>>(everyView(UNASKED));
  readonly order = computed(() => ordered(this.heads.value, this.view.value, this.me));
  readonly paging = computed(() => this.pages.value[this.view.value]);

  private round = 0;
  private readonly filling = new Set<string>();

  /** `me`: the agent's id. `looking`: the conversation before his eyes. */
  constructor(
    private readonly api: Api,
    private readonly me: string,
    private readonly looking: () => string | null,
  ) {}

  show(view: View): void {
    this.view.value = view;
    if (this.pages.value[view].phase === 'idle') void this.load(view);
  }

  /** Fetches every view that was fetched before, or the one shown, anew. */
  async refresh(): Promise<void> {
    this.round += 1;
    const wanted = VIEWS.filter((view) => view === this.view.value || this.pages.value[view].phase !== 'idle');
    await Promise.all(wanted.map((view) => this.load(view)));
  }

  /** Nothing held is true any more. */
  reset(): void {
    this.heads.value = new Map();
    this.pages.value = everyView(UNASKED);
  }

  /** The next page of a view, if there is one and none is on its way. */
  async more(view: View): Promise<void> {
    const { phase, next } = this.pages.value[view];
    if (phase === 'ready' && next !== null) await this.page(view, next, this.round);
  }

  async load(view: View): Promise<void> {
    const { round } = this;
    await this.page(view, null, round);
    while (view !== 'resolved' && round === this.round && this.heads.value.size < ROWS_MAX) {
      const { phase, next } = this.pages.value[view];
      if (phase !== 'ready' || next === null) return;
      await this.page(view, next, round);
    }
  }

  /** A row fetched by itself: a conversation opened by its address, or one met for the first time in a live frame. */
  put(row: Row): void {
    this.heads.value = merged(this.heads.value, [row]);
  }

  /** This agent has read all of it. */
  seen(conv: string): void {
    this.heads.value = seen(this.heads.value, conv);
  }

  receive(frame: ServerFrame): void {
    const heads = this.heads.value;
    switch (frame.t) {
      case 'head':
        this.shift(frame.conversation.id, () => headed(heads, frame));
        if (!this.heads.value.get(frame.conversation.id)?.contact) void this.fill(frame.conversation.id);
        return;
      case 'msg':
        this.heads.value = counted(heads, frame, this.me, this.looking() === frame.conv);
        return;
      case 'gone':
        return this.shift(frame.conv, () => without(heads, frame.conv));
      case 'contact':
        this.heads.value = introduced(heads, frame.contact);
        return;
      case 'watermark': {
        this.heads.value = marked(heads, frame);
        const row = this.heads.value.get(frame.conv);
        if (frame.by === 'agent' && frame.id === this.me && row && frame.seq >= row.conversation.seq)
          this.seen(frame.conv);
      }
    }
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
    // A failure leaves the row nameless until the next change of it asks again.
    const row = await this.api.get<Row>(`api/v1/conversations/${conv}`).catch(() => null);
    this.filling.delete(conv);
    if (row) this.put(row);
  }

  private async page(view: View, before: string | null, round: number): Promise<void> {
    const first = before === null;
    this.turn(view, { ...this.pages.value[view], phase: 'loading' });
    const place = before === null ? '' : `&before=${encodeURIComponent(before)}`;
    try {
      const path = `api/v1/conversations?view=${view}&limit=${PAGE_ROWS}${place}`;
      const answer = await this.api.get<ListingAnswer>(path);
      if (round !== this.round) return;
      batch(() => {
        const heads = first ? this.withoutStale(view, answer.conversations) : this.heads.value;
        this.heads.value = merged(heads, answer.conversations);
        if (first) this.counts.value = answer.counts;
        this.turn(view, { phase: 'ready', next: answer.next, why: '' });
      });
    } catch (error) {
      if (round === this.round) this.turn(view, { phase: 'failed', next: before, why: reason(error) });
    }
  }

  /** A first page is the truth about the newest: what we held of this view and is gone from it is not kept by mistake. */
  private withoutStale(view: View, rows: readonly Row[]): Heads {
    if (this.pages.value[view].next !== null || rows.length >= PAGE_ROWS) return this.heads.value;
    const ids = new Set(rows.map(({ conversation }) => conversation.id));
    const heads = new Map(this.heads.value);
    for (const [id, { conversation }] of heads)
      if (belongs(conversation, view, this.me) && !ids.has(id)) heads.delete(id);
    return heads;
  }

  private turn(view: View, paging: Paging): void {
    this.pages.value = { ...this.pages.value, [view]: paging };
  }
}

function everyView<T>(value: T): Record<View, T> {
  return { mine: value, unassigned: value, all: value, resolved: value };
}
