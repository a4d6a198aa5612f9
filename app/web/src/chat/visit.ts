/** The state of the visitor's page: what the delivery client holds, as signals, and what a person can do. */
import { type Signal, batch, computed, signal } from '@preact/signals';
import type { Api } from '../kit/api';
import { systemClock, systemRandom } from '../kit/clock';
import type { Condition, Dial, Way } from '../kit/connection';
import { Delivery } from '../kit/delivery';
import type { Attachment, ServerFrame, Thread as Head } from '../kit/frames';
import { type Pending, PENDING_MAX, type Shelf, browserShelf, localStorageOrNull } from '../kit/outbox';
import type { Entry } from '../kit/thread';
import type { Uploads } from '../kit/uploads';
import { unreadOf } from './lines';
import type { Session, Tokens } from './session';
import { uploadsOf } from './uploads';

/** What is on the screen: the home page, or a thread; `null` is the one not yet opened. */
export type Screen = { at: 'home' } | { at: 'thread'; conv: string | null };

/** Who writes to us; gone 6 s after the last sign. */
export interface Writer {
  id: string;
  name: string;
}

const WRITING_MS = 6_000;
const ACTIVE = new Set(['bot', 'queued', 'open', 'waiting', 'snoozed', 'offline']);

export class Visit {
  readonly condition: Signal<Condition> = signal({ state: 'connecting' });
  readonly screen: Signal<Screen>;
  readonly heads: Signal<readonly Head[]>;
  readonly entries: Signal<readonly Entry[]> = signal([]);
  readonly pending: Signal<readonly Pending[]> = signal([]);
  readonly staffRead = signal(0);
  readonly writer: Signal<Writer | null> = signal(null);
  readonly unread = signal(0);
  /** Whether the page can be seen: the loader opens and closes it, the browser hides it. */
  readonly seen = signal(false);
  readonly caughtUp = signal(false);
  readonly uploads: Uploads;
  readonly head = computed(() => {
    const screen = this.screen.value;
    return screen.at === 'thread' ? (this.heads.value.find(({ conv }) => conv === screen.conv) ?? null) : null;
  });
  private readonly delivery: Delivery;
  private readonly shelf: Shelf;
  private cancelWriting: () => void = () => undefined;

  constructor(
    readonly session: Session,
    readonly api: Api,
    dials: Readonly<Record<Way, Dial>>,
    tokens: Tokens,
    renew: () => Promise<string | null>,
  ) {
    this.uploads = uploadsOf(api, session.contact_id);
    this.heads = signal(session.threads);
    this.screen = signal(firstScreen(session.threads));
    this.shelf = browserShelf(session.contact_id, localStorageOrNull());
    this.delivery = new Delivery({
      kind: 'visitor',
      epoch: session.epoch,
      self: () => ({ kind: 'visitor', id: session.contact_id, name: '' }),
      hello: () => ({ t: 'hello', inbox: session.inbox.id, token: tokens.read() ?? session.token }),
      dials,
      shelf: this.shelf,
      clock: systemClock,
      random: systemRandom,
      listener: {
        condition: (condition) => (this.condition.value = condition),
        thread: () => this.refresh(),
        outbox: () => this.refresh(),
        frame: (frame) => this.hear(frame),
        arrived: () => undefined,
        reset: () => (this.screen.value = { at: 'home' }),
        live: () => (this.caughtUp.value = true),
        unauthorised: renew,
      },
    });
    if (this.delivery.pending(null).length > 0) this.screen.value = { at: 'thread', conv: null };
    this.refresh();
  }

  start(): void {
    this.delivery.start();
  }

  stop(): void {
    this.delivery.stop();
  }

  nudge(): void {
    this.delivery.nudge();
  }

  show(screen: Screen): void {
    batch(() => {
      this.screen.value = screen;
      this.refresh();
    });
  }

  /** Sends words and the files that are up; false when too much is waiting already. */
  send(text: string, files: readonly Attachment[] = this.uploads.take()): boolean {
    if (this.delivery.outbox.full()) return false;
    const conv = this.conv();
    const ids = files.map(({ id }) => id);
    this.delivery.send({ t: 'send', text, files: ids, ...(conv === null ? {} : { conv }) }, files);
    return true;
  }

  /** Whether another message fits into what waits. */
  get roomLeft(): number {
    return PENDING_MAX - this.delivery.outbox.pending().length;
  }

  typing(text: string): void {
    const conv = this.conv();
    if (conv !== null) this.delivery.typing(conv, text !== '', this.session.inbox.preview ? text : '');
  }

  retry(cid: string): void {
    this.delivery.outbox.retry(cid);
  }

  discard(cid: string): void {
    this.delivery.outbox.discard(cid);
  }

  /** The person has the end of the thread before his eyes. */
  readAll(): void {
    const conv = this.conv();
    const thread = conv === null ? null : this.delivery.thread(conv);
    if (conv === null || thread === null || thread.last <= thread.marks.visitorRead) return;
    this.delivery.read(conv, thread.last);
    this.refresh();
  }

  viewed(url: string, title: string, referrer: string): void {
    this.delivery.viewed({ url: url.slice(0, 2_000), title: title.slice(0, 300), referrer: referrer.slice(0, 2_000) });
  }

  /** Words that were never confirmed, when the server knows this visitor no longer and another takes his place. */
  takeUnsent(): string[] {
    const unsent = this.delivery.outbox.pending().map(({ command }) => command);
    for (const { cid } of unsent) this.shelf.remove(cid);
    return unsent.flatMap((command) => (command.t === 'send' && command.text ? [command.text] : []));
  }

  private conv(): string | null {
    const screen = this.screen.value;
    return screen.at === 'thread' ? screen.conv : null;
  }

  private hear(frame: ServerFrame): void {
    if (frame.t === 'writing' && frame.conv === this.conv()) this.write(frame.on ? { id: frame.id, name: frame.name ?? '' } : null);
    if (frame.t === 'msg' && frame.conv === this.conv() && frame.sender.kind !== 'visitor') this.write(null);
    if (frame.t === 'ack' || (frame.t === 'msg' && this.conv() === null)) this.follow(frame.conv, frame.cid ?? '');
  }

  /** A first message has opened a conversation, or one to a closed conversation has opened the next. */
  private follow(conv: string, cid: string): void {
    if (cid === '' || this.screen.value.at !== 'thread' || this.conv() === conv) return;
    const entry = this.delivery.thread(conv)?.view().find((candidate) => candidate.cid === cid);
    if (entry !== undefined) this.show({ at: 'thread', conv });
  }

  private write(writer: Writer | null): void {
    this.cancelWriting();
    this.writer.value = writer;
    if (writer !== null) this.cancelWriting = systemClock.after(WRITING_MS, () => (this.writer.value = null));
  }

  private refresh(): void {
    batch(() => {
      const conv = this.conv();
      const thread = conv === null ? null : this.delivery.thread(conv);
      this.heads.value = this.delivery.conversations().length > 0 ? this.delivery.conversations() : this.session.threads;
      this.entries.value = thread?.view() ?? [];
      this.pending.value = this.delivery.pending(conv);
      this.staffRead.value = thread?.marks.staffRead ?? 0;
      this.unread.value = this.heads.value.reduce((sum, head) => sum + this.unreadIn(head.conv), 0);
    });
  }

  private unreadIn(conv: string): number {
    const thread = this.delivery.thread(conv);
    return thread === null ? 0 : unreadOf(thread.view(), thread.marks.visitorRead);
  }
}

/** Whoever is in the middle of a conversation goes on there. */
function firstScreen(threads: readonly Head[]): Screen {
  const current = [...threads].sort((one, other) => other.created_at - one.created_at)[0];
  return current !== undefined && ACTIVE.has(current.status) ? { at: 'thread', conv: current.conv } : { at: 'home' };
}
