/** The signed-in agent's desk: one store, fed by the delivery client and the REST calls. */
import { computed, effect, signal, untracked } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Api } from '../../kit/api';
import { type Clock, systemClock, systemRandom } from '../../kit/clock';
import type { Condition } from '../../kit/connection';
import { Delivery } from '../../kit/delivery';
import type { Attachment, Card, Colleague, Conversation, Msg, Offer, ServerFrame, Ticket } from '../../kit/frames';
import { browserShelf } from '../../kit/outbox';
import { localStorageOrNull, sessionStorageOrNull } from '../../kit/storage';
import { socketUrl } from '../../kit/place';
import { longPoll } from '../../kit/polling';
import { webSocket } from '../../kit/transport';
import { fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { t as routing } from '../routing/words';
import { whenText } from '../times';
import { t as tools } from '../tools/words';
import { t } from '../words';
import { CannedReplies } from './canned';
import { Drafts } from './drafts';
import { belongs } from './heads';
import { Lists } from './lists';
import { type Action, type Macro, Macros } from './macros';
import { Notices, browserSurface } from './notices';
import { Offers } from './offers';
import { Opening } from './opening';
import { People } from './people';
import { Recent } from './recent';
import { type Scheduled, Waiting } from './scheduled';
import { Selection } from './selection';
import { ServerState } from './server';
import type { Router } from './router';
import { type Me, type Session, reason, standing } from './session';
import { OwnFieldsStore } from '../fields/model';
import { Tags } from './tags';
import { TicketNews } from './ticketNews';
import { Threads } from './threads';
import { Viewing } from './viewing';

const RELATING: ReadonlySet<string> = new Set([
  'conversation.merged', 'conversation.reopened', 'conversation.unmerged', 'conversation.linked', 'conversation.unlinked',
]);
const TOAST_MS = 6_000;

export interface Notice {
  readonly text: string;
  readonly undo: (() => void) | null;
}

/** What goes along with words: whom a note names, what the customer may answer with one press, what is shown to him. */
export interface Extra {
  readonly mentions?: readonly string[];
  readonly replies?: readonly string[];
  readonly cards?: readonly Card[];
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
  readonly tags: Tags;
  readonly ownFields: OwnFieldsStore;
  /** The organisation that was changed last, and how often any was: who shows one asks again. */
  readonly organisations = signal({ round: 0, id: '' });
  /** Of whom joined systems hold something else now. */
  readonly recordsOf = signal<{ round: number; contacts: readonly string[] }>({ round: 0, contacts: [] });
  readonly macros: Macros;
  readonly selection = new Selection();
  readonly waiting: Waiting;
  /** Whether it is being chosen when what is written goes. */
  readonly later = signal(false);
  /** Grows whenever a conversation is merged, linked, or either is undone. */
  readonly related = signal(0);
  readonly server: ServerState;
  readonly offers: Offers;
  readonly ticketNews: TicketNews;
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
  /** Asks for his own words of why he is away. */
  readonly choosingAway = signal(false);
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
  private sendingLater = false;
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
    this.ticketNews = new TicketNews(api, () => this.may('tickets.read'));
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
    this.tags = new Tags(api);
    this.ownFields = new OwnFieldsStore(api);
    this.macros = new Macros(api);
    this.waiting = new Waiting(api, id, localStorageOrNull());
    this.offers = new Offers(api, id, (offer) => this.offered(offer));
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
    const { mentions = [], replies = [], cards = [] } = extra;
    this.delivery.send(
      {
        t: 'send',
        conv,
        text,
        files: ids,
        note,
        ...(note ? {} : { expected }),
        ...(mentions.length > 0 ? { mentions: [...mentions] } : {}),
        ...(replies.length + cards.length > 0 ? { content: { cards: [...cards], replies: [...replies] } } : {}),
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

  /** Changes tags and priority; what came of it stands in the thread. */
  async label(conv: string, labels: object): Promise<void> {
    try {
      const { conversation } = await this.api.patch<{ conversation: Conversation }>(`api/v1/conversations/${conv}`, labels);
      this.lists.receive({ t: 'head', pos: 0, event: 'label', conversation });
    } catch (error) {
      this.say(reason(error));
    }
  }

  /** Lets what is written go later, or holds it for a while; it leaves the field once the server has it. */
  async sendLater(conv: string, when: { due_at?: number; hold_seconds?: number; unless_written?: boolean }): Promise<void> {
    const { text, uploads, note } = this.drafts.of(conv).peek();
    const files = uploads.flatMap(({ done }) => (done ? [done.id] : []));
    const words = text.trim();
    if (note || this.sendingLater || (words === '' && files.length === 0)) return;
    this.sendingLater = true;
    try {
      const expected = this.delivery.thread(conv)?.last ?? null;
      const one = await this.waiting.schedule(conv, this.random.hex(16), { text: words, files, expected, ...when });
      if (this.drafts.of(conv).peek().text === text) this.drafts.clear(conv);
      if (!one.held) this.say(tools().scheduledFor(whenText(one.due_at, this.now.peek())), () => void this.takeBack(one));
    } catch (error) {
      this.say(reason(error));
    } finally {
      this.sendingLater = false;
    }
  }

  /** Takes back what has not gone yet; its words are in the field again, unless there are others. */
  async takeBack(one: Scheduled): Promise<void> {
    try {
      await this.waiting.cancel(one.id);
      const draft = this.drafts.of(one.conversation_id).peek();
      if (draft.text.trim() === '') {
        this.drafts.choose(one.conversation_id, false);
        this.drafts.write(one.conversation_id, one.text);
      }
      this.say(tools().takenBack);
    } catch (error) {
      this.say(reason(error));
      void this.waiting.look(one.conversation_id);
    }
  }

  /** Does what a macro does; why it was refused, null where it is done. */
  async runMacro(conv: string, macro: Macro, expected: number): Promise<string | null> {
    try {
      const { conversation } = await this.api.post<{ conversation: Conversation }>(`api/v1/conversations/${conv}/macros`, {
        macro_id: macro.id,
        expected,
      });
      this.lists.receive({ t: 'head', pos: 0, event: 'macro', conversation });
      this.say(tools().macroDone(macro.name));
      return null;
    } catch (error) {
      return reason(error);
    }
  }

  /** The same with several; those that were refused stay chosen, and the reasons are told. */
  async bulk(ids: readonly string[], actions: readonly Action[]): Promise<void> {
    try {
      const { conversations, refused } = await this.api.post<{
        conversations: readonly Conversation[];
        refused: readonly { id: string; en: string; zh: string }[];
      }>('api/v1/conversations/bulk', { ids, actions });
      for (const conversation of conversations) this.lists.receive({ t: 'head', pos: 0, event: 'bulk', conversation });
      this.selection.clear();
      this.selection.add(refused.map(({ id }) => id));
      const why = refused.map((one) => `${this.customer(one.id)}: ${one[language.peek()]}`).join(' · ');
      this.say(refused.length === 0 ? tools().bulkDone(conversations.length) : tools().bulkRefused(conversations.length, why));
    } catch (error) {
      this.say(reason(error));
    }
  }

  /** Merges, links, or undoes it; the conversation that goes on, null where it was refused. */
  async relate(conv: string, verb: string, body: object, done: string): Promise<Conversation | null> {
    try {
      const { conversation } = await this.api.post<{ conversation: Conversation }>(`api/v1/conversations/${conv}/${verb}`, body);
      this.lists.receive({ t: 'head', pos: 0, event: verb, conversation });
      this.related.value = this.related.peek() + 1;
      this.say(done);
      return conversation;
    } catch (error) {
      this.say(reason(error));
      return null;
    }
  }

  /** Puts it off until a moment (milliseconds), or until the customer writes. */
  async snooze(conv: string, until: number | null): Promise<void> {
    const w = tools();
    const done = until === null ? w.snoozedToReply : w.snoozedUntil(fullTime(until, language.value));
    await this.act(conv, 'snooze', until === null ? {} : { until }, done, () => void this.wake(conv));
  }

  async wake(conv: string): Promise<void> {
    await this.act(conv, 'wake', {}, tools().awake);
  }

  async resolve(conv: string, why = ''): Promise<void> {
    await this.act(conv, 'resolve', why === '' ? {} : { reason: why }, t().resolvedToast, () => void this.reopen(conv));
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

  async setAvailability(availability: string, why = ''): Promise<void> {
    try {
      const { agent } = await this.api.patch<{ agent: Colleague }>('api/v1/me', { availability, away_reason: why });
      this.people.receive({ t: 'agent_status', agent });
    } catch (error) {
      this.say(reason(error));
    }
  }

  /** Puts it before a colleague, who takes it or gives it back. */
  async transfer(conv: string, agent: string, note: string): Promise<void> {
    try {
      await this.api.post(`api/v1/conversations/${conv}/transfer`, { agent_id: agent, ...(note ? { note } : {}) });
      this.say(routing().put(this.nameOf(agent)));
    } catch (error) {
      this.say(reason(error));
    }
  }

  async acceptOffer(offer: Offer): Promise<void> {
    try {
      const conversation = await this.offers.accept(offer);
      this.lists.receive({ t: 'head', pos: 0, event: 'accept', conversation });
      this.router.go(`c/${conversation.id}`);
    } catch (error) {
      this.say(reason(error));
    }
  }

  async refuseOffer(offer: Offer, why: string): Promise<void> {
    await this.offers.refuse(offer, why).catch((error: unknown) => this.say(reason(error)));
  }

  async takeBackOffer(offer: Offer): Promise<void> {
    await this.offers.takeBack(offer).catch((error: unknown) => this.say(reason(error)));
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
    this.tags.receive(frame);
    this.ownFields.receive(frame);
    if (frame.t === 'organisation') this.organisations.value = { round: this.organisations.peek().round + 1, id: frame.id };
    if (frame.t === 'records') this.recordsOf.value = { round: this.recordsOf.peek().round + 1, contacts: frame.contact_ids };
    if (frame.t === 'contact') this.recordsOf.value = { round: this.recordsOf.peek().round + 1, contacts: [frame.contact.id] };
    this.offers.receive(frame);
    this.ticketNews.receive(frame);
    if (frame.t === 'head' && RELATING.has(frame.event)) this.related.value = this.related.peek() + 1;
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
    void Promise.all([this.lists.refresh(), this.people.load(), this.lists.loadMentions(), this.tags.renew(), ...(this.may('conversations.write') ? [this.macros.load()] : []), this.waiting.loadSeconds()]).catch((error: unknown) =>
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

  private offered(offer: Offer): void {
    const w = routing();
    const customer = offer.contact || this.customer(offer.conversation_id) || w.someone;
    this.announcement.value = offer.from_id ? w.handed(this.nameOf(offer.from_id), customer) : w.offered(customer);
    this.notices.offeredToMe(offer, this.announcement.peek());
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
