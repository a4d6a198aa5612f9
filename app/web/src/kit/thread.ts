/**
 * What a client holds of one conversation: its entries by number, which numbers are missing, and the read marks.
 *
 * Order is by number alone. Edits and deletes are entries too; `view` shows the messages as they stand after them.
 */
import type { Msg, Watermark } from './frames';

/** Numbers from `first` to `last`, both included. */
export interface Range {
  first: number;
  last: number;
}

/** How far each side got, in visitor-visible numbers. */
export interface Marks {
  visitorRead: number;
  visitorDelivered: number;
  staffRead: number;
}

/** A message as it is shown: the entry with the latest edit or delete applied. */
export type Entry = Readonly<Omit<Msg, 't'>>;

export class Thread {
  /** Every number from above `floor` to `last` is known; a visitor's floor is 0, staff load older pages on demand. */
  floor: number;
  last: number;
  /** The highest number that exists as far as we were told. */
  head: number;
  readonly marks: Marks = { visitorRead: 0, visitorDelivered: 0, staffRead: 0 };

  private readonly entries = new Map<number, Msg>();
  private readonly ahead = new Set<number>();
  private readonly changes = new Map<string, Msg>();
  /** Ids of what the visitor never sees. */
  private readonly hidden = new Set<string>();
  private cached: readonly Entry[] | null = null;

  constructor(
    readonly conv: string,
    floor = 0,
  ) {
    this.floor = floor;
    this.last = floor;
    this.head = floor;
  }

  /** Keeps an entry; false when its number was held already. */
  insert(message: Msg): boolean {
    if (!this.know(message.seq)) return false;
    this.keep(message);
    return true;
  }

  /** Numbers that hold nothing for us: known, and nothing to show. */
  skip({ first, last }: Range): void {
    for (let seq = first; seq <= last; seq += 1) this.know(seq);
  }

  /** The entry with the highest number; null while nothing is held. */
  newest(): Msg | null {
    let newest: Msg | null = null;
    for (const message of this.entries.values()) if (newest === null || message.seq > newest.seq) newest = message;
    return newest;
  }

  /** Older entries, loaded page by page: they lie at or below the floor, which sinks to just below `from`. */
  prepend(older: readonly Msg[], from: number): void {
    for (const message of older) if (message.seq <= this.floor) this.keep(message);
    this.floor = Math.min(this.floor, Math.max(0, from - 1));
    this.cached = null;
  }

  /** The first missing range, or null. What lies between two held numbers is lost; what lies after the last may come. */
  hole(): (Range & { tail: boolean }) | null {
    const tail = this.ahead.size === 0;
    if (tail && this.head <= this.last) return null;
    const end = tail ? this.head : Math.min(...this.ahead) - 1;
    return { first: this.last + 1, last: end, tail };
  }

  reach(head: number): void {
    this.head = Math.max(this.head, head);
  }

  /** Merges a mark: it never goes back. True when it moved. */
  mark(what: keyof Marks, seq: number): boolean {
    if (seq <= this.marks[what]) return false;
    this.marks[what] = seq;
    return true;
  }

  /** Every entry that is held, edits and deletes too, in no order. */
  all(): readonly Msg[] {
    return [...this.entries.values()];
  }

  /** The messages and lines in order, edits and deletes applied; the same array until something changes. */
  view(): readonly Entry[] {
    if (this.cached === null) {
      const shown = [...this.entries.values()].filter(({ kind }) => kind !== 'edit' && kind !== 'delete');
      this.cached = shown.sort((one, other) => one.seq - other.seq).map((message) => this.amended(message));
    }
    return this.cached;
  }

  /**
   * The number of the newest held entry that a visitor who got to `shared` (his count) has seen; 0 when none is held.
   * Staff frames carry staff numbers alone, so his are counted back from a head that knows both.
   */
  numberOf(shared: number, head: { readonly seq: number; readonly staff_seq: number }): number {
    let number = head.seq;
    for (let seq = head.staff_seq; seq > this.floor; seq -= 1) {
      const entry = this.entries.get(seq);
      if (entry === undefined || this.hidden.has(entry.target ?? entry.id)) continue;
      if (number <= shared) return seq;
      number -= 1;
    }
    return 0;
  }

  /** Remembers the number; false when it was known. */
  private know(seq: number): boolean {
    if (seq <= this.last || this.ahead.has(seq)) return false;
    this.reach(seq);
    this.ahead.add(seq);
    while (this.ahead.delete(this.last + 1)) this.last += 1;
    return true;
  }

  private keep(message: Msg): void {
    const newest = this.cached?.[this.cached.length - 1];
    const appends = newest !== undefined && message.seq > newest.seq && message.target == null;
    // ten thousand are not sorted again for each that comes at the end
    this.cached = appends && this.cached !== null ? [...this.cached, this.amended(message)] : null;
    this.entries.set(message.seq, message);
    if (message.kind === 'note' || message.kind === 'system') this.hidden.add(message.id);
    if ((message.kind !== 'edit' && message.kind !== 'delete') || message.target == null) return;
    const latest = this.changes.get(message.target);
    if (latest === undefined || latest.seq < message.seq) this.changes.set(message.target, message);
  }

  private amended(message: Msg): Entry {
    const change = this.changes.get(message.id);
    if (change === undefined || message.deleted) return message;
    if (change.kind === 'delete') return { ...message, text: '', files: [], content: null, deleted: true };
    return { ...message, text: change.text ?? '', edited_at: change.at };
  }
}

/** Which mark a watermark frame moves; an agent's "delivered" is of no interest to anybody. */
export function markOf({ by, what }: Watermark): keyof Marks | null {
  if (by === 'visitor') return what === 'read' ? 'visitorRead' : 'visitorDelivered';
  return what === 'read' ? 'staffRead' : null;
}
