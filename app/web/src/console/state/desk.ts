/** The signed-in agent's desk: one store, fed by the delivery client and the REST calls. */
import { computed, effect, signal, untracked } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Api } from '../../kit/api';
import { type Clock, systemClock, systemRandom } from '../../kit/clock';
import type { Condition } from '../../kit/connection';
import { Delivery } from '../../kit/delivery';
import type { Attachment, Colleague, Conversation, Msg, ServerFrame, Ticket } from '../../kit/frames';
import { browserShelf } from '../../kit/outbox';
import { localStorageOrNull, sessionStorageOrNull } from '../../kit/storage';
import { socketUrl } from '../../kit/place';
import { longPoll, webSocket } from '../../kit/transport';
import { t } from '../words';
import { CannedReplies } from './canned';
import { Drafts } from './drafts';
import { belongs } from './heads';
import { Lists } from './lists';
import { Notices, browserSurface } from './notices';
import { Opening } from './opening';
import { People } from './people';
import { Recent } from './recent';
import { ServerState } from './server';
import type { Router } from './router';
import { type Me, type Session, reason, standing } from './session';
import { Threads } from './threads';
import { Viewing } from './viewing';

const TOAST_MS = 6_000;

export interface Notice {
  readonly text: string;
  readonly undo: (() => void) | null;
}

/** What goes along with words: whom a note names, what the customer may answer with one press. */
export interface Extra {
  readonly mentions?: readonly string[];
  readonly replies?: readonly string[];
}

export class Desk {
  readonly lists: Lists;
  readonly threads: Threads;
  readonly people: People;
  readonly delivery: Delivery;
  readonly drafts: Drafts;
  readonly recent: Recent;
  readonly notices: Notices;
  readonly viewing: Viewing;
  readonly canned: CannedReplies;
  readonly server: ServerState;
  readonly condition = signal<Condition>({ state: 'connecting' });
  /** When the line was cut last, wall time in milliseconds; 0: never. */
  readonly lastLive = signal(0);
  readonly toast = signal<Notice | null>(null);
  /** Read out to those who do not see the screen. */
  readonly announcement = signal('');
  /** Whether the newest entry of the open thread is on the screen. */
  readonly atEnd = signal(true);
  readonly searching = signal(false);
  readonly showingKeys = signal(false);
  /** Grows whenever a ticket changes; `id` is its, empty where any may have. */
  readonly tickets = signal({ round: 0, id: '' });
  /** Goes from one conversation to the next by keys: the field does not take the focus then. */
  walking = false;
  /** How many of this agent's conversations hold words that he has not read. */
  readonly unreadOfMine = computed(() => {
    let count = 0;
    for (const { conversation, unread } of this.lists.heads.value.values())
      if (unread > 0 && belongs(conversation, 'mine', this.me.agent.id)) count += 1;
    return count;
  });
  readonly clock: Clock = systemClock;
  readonly random = systemRandom;
  /** Wall time in milliseconds, told anew every second: for waiting times. */
  readonly now = signal(this.clock.now());
  readonly open = computed(() =>
    this.router.route.value.page === 'desk' ? this.router.route.value.conversation : null,
  );

  private toastTimer: () => void = () => undefined;
  private stopped = false;
  /** What comes now has just happened. */
  private following = false;
  private unlook: () => void = () => undefined;
  private unlist: () => void = () => undefined;
  private readonly opening = new Opening(this.clock, () => this.fetch());

  constructor(
    readonly api: Api,
    readonly session: Session,
    readonly router: Router,
    readonly me: Me,
  ) {
    const { id } = me.agent;
    this.lists = new Lists(api, id, () => this.looking(), router.filters);
    this.recent = new Recent(id, localStorageOrNull());
    this.notices = new Notices(id, browserSurface, localStorageOrNull(), (conv) => router.go(`c/${conv}`));
    this.people = new People(api, this.clock, id);
    this.drafts = new Drafts(api, this.random, id, sessionStorageOrNull());
    this.delivery = new Delivery({
      kind: 'agent',
      epoch: me.epoch,
      self: () => ({ kind: 'agent', id, name: this.myself().name }),
      hello: () => ({ t: 'hello' }),
      dials: { socket: webSocket(socketUrl), poll: longPoll(api, 'api/v1/poll', 'api/v1/frames') },
      shelf: browserShelf(`agent.${id}`, localStorageOrNull()),
      clock: this.clock,
      random: this.random,
      listener: {
        condition: (condition) => this.turned(condition),
        thread: (conv) => this.threads.touch(conv),
        outbox: () => this.threads.touchAll(),
        frame: (frame) => this.receive(frame),
        arrived: (message) => this.announce(message),
        reset: () => this.reset(),
        live: (fresh) => {
          this.following = true;
          if (fresh) void this.threads.refresh().catch((error: unknown) => this.say(reason(error)));
          this.opening.live(fresh);
        },
        unauthorised: () => this.unauthorised(),
      },
    });
    this.threads = new Threads(api, this.delivery, this.lists);
    this.threads.hold();
    this.canned = new CannedReplies(api);
    this.server = new ServerState(id, localStorageOrNull());
    this.viewing = new Viewing(this.clock, (conv, on, composing) => this.delivery.viewing(conv, on, composing));
  }

  start(): void {
    this.opening.start();
    this.delivery.start();
    this.tick();
    window.addEventListener('online', this.nudge);
    document.addEventListener('visibilitychange', this.nudge);
    document.addEventListener('visibilitychange', this.look);
    this.unlook = this.open.subscribe(this.look);
  }

  stop(): void {
    this.stopped = true;
    this.opening.stop();
    this.delivery.stop();
    this.unlist();
    window.removeEventListener('online', this.nudge);
    document.removeEventListener('visibilitychange', this.nudge);
    document.removeEventListener('visibilitychange', this.look);
    this.unlook();
    this.viewing.stop();
    this.drafts.stop();
  }

  may(permission: string): boolean {
    return this.me.permissions.includes(permission);
  }

  /** The signed-in agent as colleagues see him now. */
  myself(): Colleague {
    return this.people.colleagues.value.get(this.me.agent.id) ?? this.me.agent;
  }

  hrefOf(path: string): string {
    return this.router.hrefOf(path);
  }

  /** A colleague's name by id. */
  nameOf(agentId: string): string {
    return this.people.colleagues.value.get(agentId)?.name ?? t().unknownColleague;
  }

  /** The customer's name, or his number: never an invented one. */
  customer(conv: string): string {
    const contact = this.lists.heads.value.get(conv)?.contact;
    return contact ? contact.name || t().visitor(contact.number) : '';
  }

  /** The conversation this agent has before his eyes. */
  looking(): string | null {
    return document.visibilityState === 'visible' && this.atEnd.peek() ? this.open.peek() : null;
  }

  // --- what an agent does ---

  send(conv: string, text: string, files: readonly Attachment[], note: boolean, extra: Extra = {}): void {
    const expected = this.delivery.thread(conv)?.last ?? null;
    const ids = files.map(({ id }) => id);
    const { mentions = [], replies = [] } = extra;
    this.delivery.send(
      {
        t: 'send',
        conv,
        text,
        files: ids,
        note,
        ...(note ? {} : { expected }),
        ...(mentions.length > 0 ? { mentions: [...mentions] } : {}),
        ...(replies.length > 0 ? { content: { cards: [], replies: [...replies] } } : {}),
      },
      files,
    );
  }

  read(conv: string, seq: number): void {
    this.delivery.read(conv, seq);
    this.lists.seen(conv, seq);
  }

  async take(conv: string): Promise<void> {
    await this.act(conv, 'take', {}, t().taken);
  }

  async assign(
    conv: string,
    target: { agent_id?: string; team_id?: string; note?: string },
    name: string,
  ): Promise<void> {
    await this.act(conv, 'assign', target, t().handedOver(name));
  }

  async resolve(conv: string): Promise<void> {
    await this.act(conv, 'resolve', {}, t().resolvedToast, () => void this.reopen(conv));
  }

  async reopen(conv: string): Promise<void> {
    await this.act(conv, 'reopen', {}, t().reopenedToast);
  }

  /** Makes a ticket of what the conversation is about. */
  async makeTicket(conv: string): Promise<void> {
    try {
      const path = `api/v1/conversations/${conv}/tickets`;
      const key = { headers: { 'Idempotency-Key': this.random.hex(16) } };
      const { ticket } = await this.api.post<{ ticket: Ticket }>(path, {}, key);
      this.say(t().ticketMade(ticket.number));
    } catch (error) {
      this.say(reason(error));
    }
  }

  async setAvailability(availability: string): Promise<void> {
    try {
      const { agent } = await this.api.patch<{ agent: Colleague }>('api/v1/me', { availability });
      this.people.receive({ t: 'agent_status', agent });
    } catch (error) {
      this.say(reason(error));
    }
  }

  /** Tells what just happened, with a way back for six seconds. */
  say(text: string, undo: (() => void) | null = null): void {
    this.toastTimer();
    this.toast.value = { text, undo };
    this.toastTimer = this.clock.after(TOAST_MS, () => {
      this.toast.value = null;
    });
  }

  private async act(
    conv: string,
    verb: string,
    body: object,
    done: string,
    undo: (() => void) | null = null,
  ): Promise<void> {
    try {
      const { conversation } = await this.api.post<{ conversation: Conversation }>(
        `api/v1/conversations/${conv}/${verb}`,
        body,
      );
      this.lists.receive({ t: 'head', pos: 0, event: verb, conversation });
      this.say(done, undo);
    } catch (error) {
      this.say(reason(error));
    }
  }

  // --- what the line tells ---

  private receive(frame: ServerFrame): void {
    if (frame.t === 'msg' && this.following) this.notice(frame);
    this.people.receive(frame);
    this.lists.receive(frame);
    if (frame.t === 'msg') this.threads.heard(frame);
    if (frame.t === 'ticket') this.ticketTold(frame.ticket.id);
    if (frame.t === 'ticket_gone') this.ticketTold(frame.ticket_id);
    if (frame.t === 'viewers') this.viewing.receive(frame);
    if (frame.t === 'server') this.server.receive(frame);
    if (frame.t === 'gone' && !this.lists.heads.value.has(frame.conv)) this.threads.lose(frame.conv);
    if (frame.t === 'head' && this.lists.heads.value.has(frame.conversation.id))
      void this.threads.regain(frame.conversation.id);
    if (frame.t === 'error' && frame.code === 'stale') this.catchUp(frame.cid ?? '');
  }

  private ticketTold(id: string): void {
    this.tickets.value = { round: this.tickets.peek().round + 1, id };
  }

  /** Refused because the thread went on: what is new must be on the screen, whether or not its frame has come. */
  private catchUp(cid: string): void {
    const command = this.delivery.outbox.pending().find((entry) => entry.command.cid === cid)?.command;
    if (command?.t !== 'send' || command.conv == null) return;
    const last = this.delivery.thread(command.conv)?.last ?? 0;
    if (last <= (command.expected ?? 0)) void this.threads.load(command.conv);
  }

  private turned(condition: Condition): void {
    this.condition.value = condition;
    if (condition.state === 'live') return this.viewing.live();
    if (condition.state !== 'connecting') this.opening.away();
    if (this.following) this.lastLive.value = this.clock.now();
    this.following = false;
    this.people.lost();
    this.viewing.lost();
  }

  private fetch(): void {
    this.threads.begin();
    void Promise.all([this.lists.refresh(), this.people.load(), this.lists.loadMentions()]).catch((error: unknown) =>
      this.say(reason(error)),
    );
    this.unlist();
    this.unlist = effect(() => {
      const view = this.lists.view.value;
      untracked(() => this.lists.ensure(view));
    });
  }

  private reset(): void {
    this.ticketTold('');
    this.lists.reset();
    this.threads.reset();
  }

  /** A new entry, told once: what was missed and comes again is not news. */
  private notice(message: Msg): void {
    const head = this.lists.heads.peek().get(message.conv)?.conversation ?? null;
    if (head === null || message.seq > head.staff_seq)
      this.notices.arrived(message, head, this.looking(), this.customer(message.conv));
  }

  private announce({ conv, sender, text = '', kind }: Msg): void {
    if (sender.id === this.me.agent.id || (kind !== 'message' && kind !== 'note')) return;
    const name = sender.kind === 'visitor' ? this.customer(conv) : sender.name;
    this.announcement.value = t().receivedFrom(name, text || t().photo);
  }

  private async unauthorised(): Promise<string | null> {
    const now = await this.session.renew();
    return now !== null && standing(now) === standing(this.me) ? now.epoch : null;
  }

  /** Colleagues see that he looks at what is open, unless its tab is behind another. */
  private readonly look = (): void => {
    this.viewing.look(document.visibilityState === 'visible' ? this.open.peek() : null);
  };

  private readonly nudge = (): void => {
    if (document.visibilityState === 'visible') this.delivery.nudge();
  };

  private tick(): void {
    if (this.stopped) return;
    this.now.value = this.clock.now();
    this.clock.after(1_000, () => this.tick());
  }
}

const DeskContext = createContext<Desk | null>(null);
export const DeskProvider = DeskContext.Provider;

/** The desk that this component stands on. */
export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error('no desk around this component');
  return desk;
}
