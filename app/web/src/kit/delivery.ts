/**
 * The delivery client: stored once, shown once, whatever the line does. One core for a visitor, who holds all of his
 * conversations and counts by `seq`, and for staff, who hold the threads they opened and count stored events by `pos`.
 *
 * Rules: ARCHITECTURE.md, "Delivery". Transport, clock, randomness and shelf are passed in; it draws nothing.
 */
import type { Cancel, Clock, Random } from './clock';
import { type Condition, Connection, type Dial, type Way } from './connection';
import {
  type Ack,
  type Attachment,
  CONVERSATIONS_MAX,
  type Hello,
  type Msg,
  PREVIEW_MAX,
  type Page,
  RANGE_MAX,
  type Resume,
  type ServerFrame,
  type Speaker,
  type Thread as ThreadFrame,
  type Welcome,
} from './frames';
import { type Draft, Outbox, type Pending, type Shelf, confirmed } from './outbox';
import { Thread, markOf } from './thread';

/** What the screen is told. Every call comes after the state it speaks of has changed. */
export interface DeliveryListener {
  condition(condition: Condition): void;
  /** Entries, marks or the head of a held thread changed. */
  thread(conv: string): void;
  /** Something waits, was confirmed or was refused. */
  outbox(): void;
  /** A server frame, after the client has applied what concerns delivery; heads, presence, writing are the screen's. */
  frame(frame: ServerFrame): void;
  /** A new entry reached a held thread as it happened (after `live`), not by resume, fetch or an own ack. */
  arrived(message: Msg): void;
  /** Everything held is void: the lists must be fetched again, at the next `live` at the latest. */
  reset(): void;
  /** Caught up. `fresh`: resumed from nothing, so whatever has no thread here must be fetched now. */
  live(fresh: boolean): void;
  /**
   * The server knows us no longer, or the line spoke to another agent or of another epoch: the epoch of the credentials
   * that are at hand for the same person with the same rights, or null, which ends it.
   */
  unauthorised(): Promise<string | null>;
}

export interface DeliveryOptions {
  kind: 'visitor' | 'agent';
  /** The generation of the database that the session was opened in; the line tells later ones. */
  epoch: string;
  /** Who acts: the sender of own entries. */
  self: () => Speaker;
  hello: () => Hello;
  dials: Readonly<Record<Way, Dial>>;
  shelf: Shelf;
  clock: Clock;
  random: Random;
  listener: DeliveryListener;
}

const TYPING_MS = 3_000;
const PREVIEW_MS = 1_000;
const DELIVERED_MS = 500;
const TAIL_MS = 1_000;
const FETCH_MS_MAX = 5_000;

/** What staff were told of somebody's writing: `text` waits until the pause is `over`. */
interface Told {
  cancel: Cancel;
  text: string | null;
  over: boolean;
}

/** A question about missing numbers: put, or about to be. */
interface Question {
  cancel: Cancel;
  put: boolean;
}

export class Delivery {
  readonly outbox: Outbox;
  private readonly connection: Connection;
  private readonly threads = new Map<string, Thread>();
  private readonly heads = new Map<string, ThreadFrame>();
  private readonly questions = new Map<string, Question>();
  private readonly typingNow = new Map<string, Told>();
  private readonly reads = new Map<string, { wanted: number; sent: number }>();
  private readonly receipts = new Map<string, Cancel>();
  /** Threads that staff are fetching: the newest entry the line told of each meanwhile. */
  private readonly expected = new Map<string, Msg | null>();
  /** Conversations whose receipt waits for room on the line. */
  private readonly receiptsDue = new Set<string>();
  private epoch: string;
  private pos: number | null = null;
  private posSeen = 0;
  private live = false;
  /** Whether any line was ever up. */
  private begun = false;
  private page: Page | null = null;

  constructor(private readonly options: DeliveryOptions) {
    const { dials, clock, random, shelf, hello, listener } = options;
    const cursor = (): Resume => this.cursor();
    this.epoch = options.epoch;
    this.connection = new Connection(dials, clock, random, hello, cursor, {
      welcomed: (welcome) => this.welcomed(welcome),
      frame: (frame) => this.receive(frame),
      room: () => this.sendWaiting(),
      lost: () => this.lost(),
      unauthorised: () => this.renew(),
      condition: (condition) => listener.condition(condition),
    });
    this.outbox = new Outbox(shelf, clock, random, (frame) => this.connection.send(frame), () => listener.outbox());
  }

  start(): void {
    this.connection.start();
  }

  stop(): void {
    this.connection.stop();
    this.outbox.stop();
    this.lost();
  }

  /** The network is back or the person asks: try now. */
  nudge(): void {
    this.connection.nudge();
  }

  // --- what a person does ---

  /** Sends a command, kept until it is confirmed; returns its cid. `files` describes the attachments for the screen. */
  send(draft: Draft, files: readonly Attachment[] = []): string {
    if (draft.t === 'send' && draft.conv != null) this.typing(draft.conv, false);
    return this.outbox.add(draft, files);
  }

  /** Seen up to `seq`, as this principal counts; never goes back, survives a lost line. */
  read(conv: string, seq: number): void {
    const known = this.reads.get(conv) ?? { wanted: 0, sent: 0 };
    if (seq <= known.wanted) return;
    this.reads.set(conv, { ...known, wanted: seq });
    if (this.options.kind === 'visitor') this.threads.get(conv)?.mark('visitorRead', seq);
    this.sendReads();
  }

  /**
   * Writing, with the unsent text where staff may see it, the last text always among what is told: at most a frame in
   * 3 s, or in 1 s where it brings text, since an agent who reads along cannot wait longer for the words.
   */
  typing(conv: string, on: boolean, text = ''): void {
    const running = this.typingNow.get(conv);
    if (!on) {
      if (running === undefined) return;
      running.cancel();
      this.typingNow.delete(conv);
      this.connection.send({ t: 'typing', conv, on: false });
    } else if (running === undefined || running.over) this.sendTyping(conv, text);
    else running.text = text;
  }

  /** For an agent's colleagues: he looks at a conversation, or no more; told now or not at all. */
  viewing(conv: string, on: boolean, composing: boolean): void {
    this.connection.send({ t: 'viewing', conv, on, composing });
  }

  /** The visitor's page now: told once, as soon as there is a line. */
  viewed(page: Omit<Page, 't'>): void {
    this.page = { t: 'page', ...page };
    this.sendPage();
  }

  // --- what is held ---

  thread(conv: string): Thread | null {
    return this.threads.get(conv) ?? null;
  }

  /** The heads of a visitor's conversations, newest first. */
  conversations(): readonly ThreadFrame[] {
    return [...this.heads.values()].sort((one, other) => other.created_at - one.created_at);
  }

  /** Everything of this conversation that is not confirmed; `null` is the one not yet opened. */
  pending(conv: string | null): readonly Pending[] {
    return this.outbox.pending().filter(({ command }) => (command.conv ?? null) === conv);
  }

  /** Staff are about to fetch a thread: what the line tells of it from here on counts, however old the page will be. */
  expect(conv: string): void {
    if (!this.expected.has(conv)) this.expected.set(conv, null);
  }

  /** Staff hold a thread by its newest page: joined to what is held and to what came since it was asked for. */
  hold(conv: string, page: readonly Msg[], head: number): Thread {
    const first = page[0]?.seq ?? head + 1;
    const held = this.threads.get(conv);
    const joins = held !== undefined && held.last >= first - 1;
    const thread = joins ? held : new Thread(conv, first - 1);
    this.threads.set(conv, thread);
    const told = [this.expected.get(conv), held?.newest()].filter((message) => message != null);
    for (const message of [...page, ...told]) thread.insert(message);
    this.expected.delete(conv);
    thread.reach(head);
    this.mend(thread);
    return thread;
  }

  /** Staff closed the thread, or may no longer see it: which of `head` and `gone` holds is for the list to say. */
  drop(conv: string): void {
    this.threads.delete(conv);
    this.expected.delete(conv);
    this.stopFetching(conv);
  }

  // --- the line ---

  private cursor(): Resume {
    const known = this.epoch === '' ? {} : { epoch: this.epoch };
    if (this.options.kind === 'agent') return { t: 'resume', ...known, ...(this.pos === null ? {} : { pos: this.pos }) };
    const newest = this.conversations().slice(0, CONVERSATIONS_MAX);
    const convs = newest.map(({ conv }) => [conv, this.threads.get(conv)?.last ?? 0] as const);
    return { t: 'resume', ...known, convs: Object.fromEntries(convs) };
  }

  private welcomed(welcome: Welcome | null): void {
    if (welcome !== null) {
      if (this.strange(welcome)) return this.connection.disown();
      this.enter(welcome.epoch);
    }
    this.startOver();
    this.connection.send(this.cursor());
    this.outbox.resend();
    this.sendPage();
  }

  private lost(): void {
    this.live = false;
    for (const conv of [...this.questions.keys()]) this.stopFetching(conv);
    for (const { cancel } of this.typingNow.values()) cancel();
    for (const cancel of this.receipts.values()) cancel();
    this.typingNow.clear();
    this.receipts.clear();
    this.receiptsDue.clear();
    for (const [conv, known] of this.reads) this.reads.set(conv, { ...known, sent: 0 });
  }

  private receive(frame: ServerFrame): void {
    this.apply(frame);
    if ('pos' in frame && frame.pos != null) this.passed(frame.pos);
    this.options.listener.frame(frame);
  }

  private apply(frame: ServerFrame): void {
    switch (frame.t) {
      case 'reset':
        return this.reset(frame.epoch);
      case 'live':
        return this.caughtUp(frame.pos ?? null);
      case 'msg':
        return this.arrived(frame);
      case 'void':
        return this.skipped(frame.conv, frame.first, frame.last);
      case 'fetched':
        return this.fetched(frame.conv);
      case 'ack':
        return this.acknowledged(frame);
      case 'thread':
        return this.headed(frame);
      case 'watermark': {
        const mark = markOf(frame);
        const moved = mark !== null && this.threads.get(frame.conv)?.mark(mark, frame.seq);
        if (moved) this.options.listener.thread(frame.conv);
        return;
      }
      case 'error':
        return this.outbox.refuse(frame);
    }
  }

  /** Staff: nothing may go out in the name of another person, nor be taken for what the rights of before showed. */
  private strange({ epoch, id }: { epoch: string; id?: string }): boolean {
    if (this.options.kind === 'visitor') return false;
    return (this.epoch !== '' && this.epoch !== epoch) || (id !== undefined && id !== this.options.self().id);
  }

  private async renew(): Promise<boolean> {
    const epoch = await this.options.listener.unauthorised();
    if (epoch !== null) this.enter(epoch);
    return epoch !== null;
  }

  /** Staff who were told something before a `live` that never came have no place to go on from: a loss may be missing. */
  private startOver(): void {
    if (this.options.kind === 'agent' && this.begun && this.pos === null) {
      this.forget();
      this.options.listener.reset();
    }
    this.begun = true;
  }

  /** Nothing held is true any more, but what was not confirmed still waits. */
  private reset(epoch: string): void {
    if (this.strange({ epoch })) return this.connection.disown();
    this.forget();
    this.epoch = epoch;
    this.options.listener.reset();
    this.connection.send(this.cursor());
  }

  private enter(epoch: string): void {
    if (this.epoch !== '' && this.epoch !== epoch) {
      this.forget();
      this.options.listener.reset();
    }
    this.epoch = epoch;
  }

  private forget(): void {
    for (const conv of [...this.questions.keys()]) this.stopFetching(conv);
    this.threads.clear();
    this.expected.clear();
    this.heads.clear();
    this.reads.clear();
    this.pos = null;
    this.posSeen = 0;
    this.live = false;
  }

  private caughtUp(pos: number | null): void {
    const already = this.live;
    const fresh = this.options.kind === 'agent' && this.pos === null;
    this.live = true;
    if (pos !== null) this.pos = Math.max(pos, this.posSeen, this.pos ?? 0);
    for (const thread of this.threads.values()) this.mend(thread);
    this.sendReads();
    if (!already) this.options.listener.live(fresh);
  }

  /** Before `live` a position may lie beyond one that is still to come, so it counts only from then on. */
  private passed(pos: number): void {
    this.posSeen = Math.max(this.posSeen, pos);
    if (this.live && this.pos !== null) this.pos = Math.max(this.pos, pos);
  }

  private arrived(message: Msg): void {
    if (message.cid) this.outbox.settle(message.cid, message.conv);
    const thread = this.held(message.conv);
    if (thread === null) return this.note(message);
    if (!thread.insert(message)) return;
    const asked = this.questions.get(message.conv)?.put ?? false;
    this.receipt(message.conv);
    this.mend(thread);
    this.options.listener.thread(message.conv);
    if (this.live && !asked) this.options.listener.arrived(message);
  }

  private acknowledged(ack: Ack): void {
    const settled = this.outbox.settle(ack.cid, ack.conv);
    if (settled === null) return;
    const message = confirmed(settled, ack, this.options.self());
    const thread = this.held(ack.conv);
    if (thread === null) return this.note(message);
    if (!thread.insert(message)) return;
    this.mend(thread);
    this.options.listener.thread(ack.conv);
  }

  /** Of a thread that is being fetched the newest entry is enough: what is missing before it is a hole then. */
  private note(message: Msg): void {
    const newest = this.expected.get(message.conv);
    if (newest === undefined || (newest !== null && newest.seq >= message.seq)) return;
    this.expected.set(message.conv, message);
  }

  private skipped(conv: string, first: number, last: number): void {
    const thread = this.threads.get(conv);
    thread?.skip({ first, last });
    if (thread !== undefined) this.mend(thread);
  }

  private headed(frame: ThreadFrame): void {
    this.heads.set(frame.conv, frame);
    const thread = this.held(frame.conv);
    if (thread === null) return;
    thread.reach(frame.seq);
    thread.mark('visitorRead', frame.visitor_read ?? 0);
    thread.mark('staffRead', frame.staff_read ?? 0);
    this.mend(thread);
    this.options.listener.thread(frame.conv);
  }

  /** A visitor holds every conversation of his; staff only what they opened. */
  private held(conv: string): Thread | null {
    const thread = this.threads.get(conv);
    if (thread !== undefined || this.options.kind === 'agent') return thread ?? null;
    const made = new Thread(conv);
    this.threads.set(conv, made);
    return made;
  }

  // --- holes ---

  /** Asks for what is missing, one range at a time; a missing end may be on its way, so it gets a moment. */
  private mend(thread: Thread): void {
    const hole = thread.hole();
    if (!this.live || hole === null || this.questions.has(thread.conv)) return;
    if (hole.tail) this.ask(thread.conv, false, TAIL_MS, () => this.fetch(thread));
    else this.fetch(thread);
  }

  private fetch(thread: Thread): void {
    const hole = thread.hole();
    if (hole === null) return;
    const last = Math.min(hole.last, hole.first + RANGE_MAX - 1);
    this.ask(thread.conv, true, FETCH_MS_MAX, () => this.mend(thread));
    this.connection.send({ t: 'fetch', conv: thread.conv, first: hole.first, last });
  }

  private ask(conv: string, put: boolean, milliseconds: number, then: () => void): void {
    const cancel = this.options.clock.after(milliseconds, () => {
      this.questions.delete(conv);
      then();
    });
    this.questions.set(conv, { cancel, put });
  }

  private fetched(conv: string): void {
    this.stopFetching(conv);
    const thread = this.threads.get(conv);
    if (thread === undefined) return;
    this.mend(thread);
    this.options.listener.thread(conv);
  }

  private stopFetching(conv: string): void {
    this.questions.get(conv)?.cancel();
    this.questions.delete(conv);
  }

  // --- what goes out unasked ---

  /** The line has room again: a person's words first, then marks. */
  private sendWaiting(): void {
    this.outbox.flush();
    this.sendPage();
    this.sendReads();
    for (const conv of this.receiptsDue) this.sendReceipt(conv);
  }

  private sendReads(): void {
    if (!this.live) return;
    for (const [conv, { wanted, sent }] of this.reads) {
      if (wanted > sent && this.connection.send({ t: 'read', conv, seq: wanted })) this.reads.set(conv, { wanted, sent: wanted });
    }
  }

  private sendTyping(conv: string, text: string): void {
    if (!this.connection.send({ t: 'typing', conv, on: true, text: text.slice(0, PREVIEW_MAX) })) return;
    const told: Told = { cancel: () => undefined, text: null, over: false };
    told.cancel = this.options.clock.after(text === '' ? TYPING_MS : PREVIEW_MS, () => {
      told.over = true;
      if (told.text !== null) this.sendTyping(conv, told.text);
    });
    this.typingNow.set(conv, told);
  }

  private sendPage(): void {
    if (this.page !== null && this.connection.send(this.page)) this.page = null;
  }

  /** A visitor confirms what arrived, once for all that came together. */
  private receipt(conv: string): void {
    if (this.options.kind !== 'visitor' || this.receipts.has(conv)) return;
    const cancel = this.options.clock.after(DELIVERED_MS, () => {
      this.receipts.delete(conv);
      this.sendReceipt(conv);
    });
    this.receipts.set(conv, cancel);
  }

  private sendReceipt(conv: string): void {
    const seq = this.threads.get(conv)?.last;
    if (seq === undefined || this.connection.send({ t: 'delivered', conv, seq })) this.receiptsDue.delete(conv);
    else this.receiptsDue.add(conv);
  }
}
