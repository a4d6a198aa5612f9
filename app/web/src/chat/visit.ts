/** The state of the visitor's page: what the delivery client holds, as signals, and what a person can do. */
import { type Signal, batch, computed, signal } from '@preact/signals';
import { type Shown, amended } from '../kit/amended';
import type { Api } from '../kit/api';
import { systemClock, systemRandom } from '../kit/clock';
import type { Condition, Dial, Way } from '../kit/connection';
import { Delivery } from '../kit/delivery';
import type { Attachment, Msg, Queue, ServerFrame, Thread as Head } from '../kit/frames';
import { type Pending, PENDING_MAX, type Shelf, browserShelf } from '../kit/outbox';
import { language } from '../kit/i18n';
import { localStorageOrNull, placeOfFiles, sessionStorageOrNull } from '../kit/storage';
import type { Entry } from '../kit/thread';
import { type Fields, type Reception, isAway } from '../kit/inbox';
import { greetingOf } from './greeting';
import { unreadOf } from './lines';
import { files } from './parts';
import type { Session, Standing, Tokens } from './session';
import { Chime } from './sound';
import { LateUploads } from './uploads';
import type { Uploads } from '../kit/uploads';

/** What is on the screen: the home page, or a thread; `null` is the one not yet opened. */
export type Screen =
  | { at: 'home' }
  | { at: 'thread'; conv: string | null }
  | { at: 'leave'; conv?: string }
  | { at: 'transcript'; conv: string }
  | { at: 'rate'; conv: string; score: number | null };

/** A conversation as the home page lists it: its last words, and how many are unread. */
export interface Row {
  head: Head;
  last: Entry | null;
  unread: number;
}

/** What a page may say of its visitor; nobody has checked it. */
export interface Claim {
  name?: string;
  email?: string;
  phone?: string;
  attributes?: Record<string, string>;
}

/** Who writes to us; gone 6 s after the last sign. */
export interface Writer {
  id: string;
  name: string;
}

const WRITING_MS = 6_000;
/** Until all that was missed is here, the screen is drawn so often: a long thread comes in hundreds of frames. */
const CATCHING_UP_MS = 50;
const RECEPTION_MS = 60_000;
const RECEPTION_MS_MIN = 5_000;
const ACTIVE = new Set(['bot', 'queued', 'open', 'waiting', 'snoozed']);

export class Visit {
  readonly condition: Signal<Condition> = signal({ state: 'connecting' });
  readonly screen: Signal<Screen>;
  readonly heads: Signal<readonly Head[]>;
  readonly entries: Signal<readonly Shown[]> = signal([]);
  readonly pending: Signal<readonly Pending[]> = signal([]);
  readonly staffRead = signal(0);
  /** Where his conversations stand in the queue, as last told. */
  readonly places: Signal<Readonly<Record<string, Queue>>> = signal({});
  readonly writer: Signal<Writer | null> = signal(null);
  readonly unread = signal(0);
  /** The other side's newest message that came as it happened, for who listens rather than looks. */
  readonly heard: Signal<Entry | null> = signal(null);
  /** What was begun and not sent: kept for this tab, per inbox, so that a reload loses no word. */
  readonly draft: Signal<string>;
  /** The own message that is being changed; its words stand in the field meanwhile. */
  readonly editing: Signal<Entry | null> = signal(null);
  /** Something was not taken because too much waits already; false again when there is room. */
  readonly crowded: Signal<boolean> = signal(false);
  readonly chime: Chime;
  /** Whether the page can be seen: the loader opens and closes it, the browser hides it. */
  readonly seen = signal(false);
  readonly caughtUp = signal(false);
  readonly uploads: LateUploads;
  readonly reception: Signal<Reception>;
  readonly standing: Signal<Standing>;
  /** His conversations, the last one written in first. */
  readonly rows: Signal<readonly Row[]> = signal([]);
  /** The form stands in the chat's place. */
  readonly away = computed(() => isAway(this.session.inbox.widget, this.reception.value));
  /** Something is to be asked before his first message. */
  readonly asks = computed(() => asksFirst(this.session.inbox.widget.fields, this.standing.value));
  /** The page that he looks at, as far as it is known. */
  readonly page = signal('');
  readonly greeting = computed(() => greetingOf(this.session.inbox, this.page.value, language.value));
  readonly head = computed(() => {
    const screen = this.screen.value;
    return screen.at === 'thread' || screen.at === 'rate' ? (this.heads.value.find(({ conv }) => conv === screen.conv) ?? null) : null;
  });
  private readonly delivery: Delivery;
  private readonly shelf: Shelf;
  private cancelWriting: () => void = () => undefined;
  private cancelRefresh: (() => void) | null = null;
  private readonly fronted = new Set<string>();
  private lookedAt = 0;
  private listener: (message: Entry) => void = () => undefined;
  private stopLooking: () => void = () => undefined;

  constructor(
    readonly session: Session,
    readonly api: Api,
    dials: Readonly<Record<Way, Dial>>,
    tokens: Tokens,
    renew: () => Promise<string | null>,
  ) {
    this.uploads = new LateUploads(
      async () => uploadsOf(api, session.contact_id),
      () => sessionStorageOrNull()?.getItem(placeOfFiles(session.contact_id)) != null,
    );
    this.draft = keptDraft(`monodesk.draft.${session.inbox.id}`, sessionStorageOrNull());
    this.chime = new Chime(localStorageOrNull());
    this.heads = signal(session.threads);
    this.reception = signal(session.reception);
    this.standing = signal(session.standing);
    this.lookedAt = systemClock.monotonic();
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
        thread: () => this.refreshSoon(),
        outbox: () => {
          if (!this.delivery.outbox.full()) this.crowded.value = false;
          this.refresh();
        },
        frame: (frame) => this.hear(frame),
        arrived: (message) => this.arrive(message),
        reset: () => (this.screen.value = { at: 'home' }),
        live: () => {
          this.refresh();
          this.caughtUp.value = true;
          this.uploads.again();
        },
        unauthorised: renew,
      },
    });
    if (this.delivery.pending(null).length > 0) this.screen.value = { at: 'thread', conv: null };
    this.refresh();
  }

  /** From now on `listener` hears of what the other side says. */
  listen(listener: (message: Entry) => void): void {
    this.listener = listener;
  }

  start(): void {
    this.delivery.start();
    this.keepLooking();
  }

  stop(): void {
    this.delivery.stop();
    this.stopLooking();
  }

  /** Asks whether somebody is there now, where that is on the screen and was not asked a moment ago. */
  async look(): Promise<void> {
    const now = systemClock.monotonic();
    if (!this.seen.value || !this.asksWhoIsThere() || now - this.lookedAt < RECEPTION_MS_MIN) return;
    this.lookedAt = now;
    const was = this.away.value;
    try {
      this.reception.value = await this.api.get<Reception>('api/v1/visitor/reception');
    } catch {
      // what was told before stands; the line above the field says that there is no connection
    }
    const head = this.head.value;
    if (!was && this.away.value && head?.status === 'queued') this.show({ at: 'leave', conv: head.conv }); // nobody comes any more
  }

  /** What he answered before his first message; raises the refusal. */
  async introduce(answers: Readonly<Record<string, string | boolean>>): Promise<void> {
    this.standing.value = await this.api.post<Standing>('api/v1/visitor/introduction', answers);
  }

  /** Leaves a message with an address, by mail where it has an @; raises the refusal. */
  async leave(cid: string, form: { name: string; address: string; text: string }, conv?: string): Promise<{ number: number; conv: string }> {
    const files = this.uploads.list.value.flatMap(({ done }) => (done === null ? [] : [done.id]));
    const address = form.address.trim();
    const reach = address.includes('@') ? { email: address } : { phone: address };
    const body = { name: form.name, text: form.text, files, ...reach, ...(conv === undefined ? {} : { conv }) };
    const left = await this.api.post<{ number: number; conv: string }>('api/v1/visitor/offline-messages', body, { headers: { 'Idempotency-Key': cid } });
    this.uploads.take();
    return left;
  }

  /** Rates a conversation that is over, or changes the rating; raises the refusal. */
  async rate(conv: string, said: { score: number; tags: readonly string[]; text: string }): Promise<void> {
    await this.api.put(`api/v1/visitor/conversations/${conv}/rating`, said);
  }

  /** What the page says of him; raises the refusal. */
  async claim(claim: Claim): Promise<void> {
    this.standing.value = await this.api.patch<Standing>('api/v1/visitor/contact', claim);
  }

  /** What happened on the page; raises the refusal. */
  async happened(name: string, data: Readonly<Record<string, string>>): Promise<void> {
    await this.api.post<null>('api/v1/visitor/events', { name, data });
  }

  nudge(): void {
    this.delivery.nudge();
  }

  show(screen: Screen): void {
    batch(() => {
      this.editing.value = null;
      this.screen.value = screen;
      this.refresh();
    });
    if (screen.at === 'thread' && screen.conv !== null) this.front(screen.conv);
    void this.look();
  }

  /** Sends words and the files that are up; false when too much is waiting already. */
  send(text: string, files: readonly Attachment[] = this.uploads.take()): boolean {
    this.crowded.value = this.delivery.outbox.full();
    if (this.crowded.value) return false;
    const conv = this.conv();
    const ids = files.map(({ id }) => id);
    this.delivery.send({ t: 'send', text, files: ids, ...(conv === null ? {} : { conv }) }, files);
    return true;
  }

  /** Changes an own message. */
  edit({ conv, id }: Entry, text: string): void {
    this.delivery.send({ t: 'edit', conv, id, text });
  }

  /** Takes an own message back. */
  takeBack({ conv, id }: Entry): void {
    this.delivery.send({ t: 'delete', conv, id });
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

  /** How far the visitor has read in the thread that is shown. */
  get visitorRead(): number {
    const conv = this.conv();
    return (conv === null ? null : this.delivery.thread(conv))?.marks.visitorRead ?? 0;
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
    this.page.value = url;
    this.delivery.viewed({ url: url.slice(0, 2_000), title: title.slice(0, 300), referrer: referrer.slice(0, 2_000) });
  }

  /** Words that were never confirmed, when the server knows this visitor no longer and another takes his place. */
  takeUnsent(): string[] {
    const unsent = this.delivery.outbox.pending().map(({ command }) => command);
    for (const { cid } of unsent) this.shelf.remove(cid);
    return unsent.flatMap((command) => (command.t === 'send' && command.text ? [command.text] : []));
  }

  /** The form comes before a thread whose longest wait has passed, once: he may go back and wait on. */
  private front(conv: string): void {
    const { minutes = 0, then } = this.session.inbox.widget.patience;
    if (minutes === 0 || then !== 'form' || !this.places.value[conv]?.overdue) return;
    if (this.conv() !== conv || this.head.value?.status !== 'queued' || this.editing.value !== null || this.fronted.has(conv)) return;
    this.fronted.add(conv);
    this.show({ at: 'leave', conv });
  }

  /** Somebody has come to who was at the form: his words are in the chat's field. */
  private comeBack(): void {
    const screen = this.screen.value;
    const head = screen.at === 'leave' ? this.heads.value.find(({ conv }) => conv === screen.conv) : undefined;
    if (head?.status === 'open') this.screen.value = { at: 'thread', conv: head.conv };
  }

  private conv(): string | null {
    const screen = this.screen.value;
    return screen.at === 'thread' || screen.at === 'rate' ? screen.conv : null;
  }

  /** On the home page, before the first message, and while he waits for somebody to come. */
  private asksWhoIsThere(): boolean {
    return this.conv() === null || this.head.value?.status === 'queued';
  }

  private keepLooking(): void {
    const soon = this.reception.value.changes_at;
    const wait = soon === null ? RECEPTION_MS : Math.min(RECEPTION_MS, Math.max(RECEPTION_MS_MIN, soon - systemClock.now()));
    this.stopLooking = systemClock.after(wait, () => {
      void this.look();
      this.keepLooking();
    });
  }

  private arrive(message: Msg): void {
    if (message.kind !== 'message' || message.sender.kind === 'visitor') return;
    const { t: _, ...entry } = message;
    if (message.conv === this.conv()) this.heard.value = entry;
    this.listener(entry);
    if (!(this.seen.value && document.hasFocus())) this.chime.ring();
  }

  private hear(frame: ServerFrame): void {
    if (frame.t === 'queue') {
      this.places.value = { ...this.places.value, [frame.conv]: frame };
      this.front(frame.conv);
    }
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

  private refreshSoon(): void {
    if (this.caughtUp.value) return this.refresh();
    this.cancelRefresh ??= systemClock.after(CATCHING_UP_MS, () => this.refresh());
  }

  private refresh(): void {
    this.cancelRefresh?.();
    this.cancelRefresh = null;
    batch(() => {
      this.heads.value = this.delivery.conversations().length > 0 ? this.delivery.conversations() : this.session.threads;
      this.comeBack();
      const conv = this.conv();
      const thread = conv === null ? null : this.delivery.thread(conv);
      this.pending.value = this.delivery.pending(conv);
      this.entries.value = amended(thread?.view() ?? [], this.pending.value);
      this.staffRead.value = thread?.marks.staffRead ?? 0;
      this.rows.value = this.heads.value.map((head) => this.row(head)).sort((one, other) => when(other) - when(one));
      this.unread.value = this.rows.value.reduce((sum, { unread }) => sum + unread, 0);
    });
  }

  private row(head: Head): Row {
    const thread = this.delivery.thread(head.conv);
    if (thread === null) return { head, last: null, unread: 0 };
    const said = thread.view().filter(({ kind }) => kind === 'message');
    return { head, last: said[said.length - 1] ?? null, unread: unreadOf(said, thread.marks.visitorRead) };
  }
}

function when({ head, last }: Row): number {
  return last?.at ?? head.created_at;
}

/** Whether an inbox asks something that is not known, of somebody who has not answered before. */
export function asksFirst(fields: Fields, { known, introduced }: Standing): boolean {
  if (introduced) return false;
  return wanted(fields).some((name) => !known.includes(name)) || fields.consent.en !== '' || fields.consent.zh !== '';
}

/** The fields that an inbox asks, in their order. */
export function wanted(fields: Fields): ('name' | 'email' | 'phone' | 'free')[] {
  return (['name', 'email', 'phone', 'free'] as const).filter((name) => fields[name] !== 'no');
}

async function uploadsOf(api: Api, contact: string): Promise<Uploads> {
  await files.fetch();
  if (files.held.value === null) throw new Error('asked for again');
  return files.held.value.uploadsOf(api, contact);
}

/** Whoever is in the middle of a conversation goes on there. */
function firstScreen(threads: readonly Head[]): Screen {
  const current = [...threads].sort((one, other) => other.created_at - one.created_at)[0];
  return current !== undefined && ACTIVE.has(current.status) ? { at: 'thread', conv: current.conv } : { at: 'home' };
}

function keptDraft(key: string, storage: Storage | null): Signal<string> {
  const draft = signal(storage?.getItem(key) ?? '');
  draft.subscribe((text) => {
    try {
      if (text === '') storage?.removeItem(key);
      else storage?.setItem(key, text);
    } catch {
      // full: the draft lives as long as the page
    }
  });
  return draft;
}
