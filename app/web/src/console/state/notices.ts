/** What an agent is told while he looks elsewhere: desktop notification, sound, title and icon of the tab. */
import { signal } from '@preact/signals';
import type { Conversation, Msg, Offer } from '../../kit/frames';
import { words } from '../../kit/i18n';
import { chime } from './chime';

export const ABOUT = ['all', 'mine', 'nothing'] as const;
export type About = (typeof ABOUT)[number];

/** An agent's choice on this device. */
export interface NoticeChoice {
  /** `all`: his conversations and those that nobody has taken. */
  readonly about: About;
  readonly desktop: boolean;
  /** Whether what the customer wrote may stand in a desktop notification. */
  readonly content: boolean;
  readonly sound: boolean;
  /** The offer to switch them on was turned down. */
  readonly declined: boolean;
}

export const QUIET: NoticeChoice = { about: 'all', desktop: false, content: false, sound: true, declined: false };

/** What the browser says: browsers have no notifications on plain HTTP. */
export type Permission = 'unavailable' | 'default' | 'granted' | 'denied';

/** Everything of the browser that is needed, so that a test can stand in for it. */
export interface Surface {
  permission(): Permission;
  ask(): Promise<Permission>;
  /** `tag`: a second one of the same conversation takes the place of the first. */
  show(title: string, body: string, tag: string, open: () => void): void;
  /** The page is in sight and has the keys. */
  attended(): boolean;
  chime(): void;
}

const TOLD = 'told';

const t = words({
  en: { wrote: 'New message', named: (name: string) => `${name} mentioned you` },
  zh: { wrote: '有新消息', named: (name) => `${name} 提到了你` },
});

export class Notices {
  readonly choice = signal<NoticeChoice>(QUIET);
  readonly permission = signal<Permission>('unavailable');
  private readonly key: string;

  /** `me`: the agent's id; `open` goes to a conversation. */
  constructor(
    private readonly me: string,
    private readonly surface: Surface,
    private readonly storage: Storage | null,
    private readonly open: (conv: string) => void,
  ) {
    this.key = `monodesk.notices.${me}`;
    this.choice.value = parse(storage?.getItem(this.key) ?? '');
    this.permission.value = surface.permission();
  }

  choose(change: Partial<NoticeChoice>): void {
    this.choice.value = { ...this.choice.value, ...change };
    this.storage?.setItem(this.key, JSON.stringify(this.choice.value));
  }

  /** Called by a click, as browsers demand: asks for leave, and switches them on where it is given. */
  async allow(): Promise<void> {
    this.permission.value = await this.surface.ask();
    this.choose({ desktop: this.permission.value === 'granted', declined: true });
  }

  /** Whether to offer them: asked for once, and only where they can be had. */
  get offered(): boolean {
    return this.permission.value === 'default' && !this.choice.value.declined;
  }

  try(): void {
    this.surface.chime();
  }

  /** An entry came in live; `before`: the conversation before the agent's eyes; `name`: the customer's. */
  arrived(message: Msg, conversation: Conversation | null, before: string | null, name: string): void {
    const named = mentions(message, this.me);
    if (!named && !concerns(message, conversation, this.me, this.choice.value.about)) return;
    const attended = this.surface.attended();
    if (attended && before === message.conv) return;
    if (!this.first(message.id)) return; // another tab of his has told it
    if (this.choice.value.sound) this.surface.chime();
    const { desktop, content } = this.choice.value;
    if (attended || !desktop || this.surface.permission() !== 'granted') return;
    const title = named ? t().named(message.sender.name) : name || t().wrote;
    const body = content ? (message.text ?? '') : named || name === '' ? '' : t().wrote;
    this.surface.show(title, body, message.conv, () => this.open(message.conv));
  }

  /** A conversation is put before this agent: he has seconds to answer, so it sounds whatever he listens to. */
  offeredToMe({ id, line, conversation_id: conv }: Offer, title: string): void {
    if (!this.first(id)) return;
    const { desktop, content, sound } = this.choice.value;
    if (sound) this.surface.chime();
    if (this.surface.attended() || !desktop || this.surface.permission() !== 'granted') return;
    this.surface.show(title, content ? line : '', conv, () => this.open(conv));
  }

  private first(id: string): boolean {
    const key = `${this.key}.${TOLD}`;
    if (this.storage?.getItem(key) === id) return false;
    this.storage?.setItem(key, id);
    return true;
  }
}

/** Whether words of a customer are this agent's to hear of. */
export function concerns(message: Msg, conversation: Conversation | null, me: string, about: About): boolean {
  if (message.kind !== 'message' || message.sender.kind !== 'visitor' || about === 'nothing') return false;
  const assignee = conversation?.assignee_id ?? null;
  return assignee === me || (assignee === null && about === 'all');
}

/** Whether a colleague named this agent in a note. */
export function mentions({ kind, data, sender }: Msg, me: string): boolean {
  return kind === 'note' && sender.id !== me && data != null && Object.hasOwn(data, me);
}

/** What was kept, as far as it can be believed. */
export function parse(kept: string): NoticeChoice {
  let found: Partial<Record<keyof NoticeChoice, unknown>>;
  try {
    found = (JSON.parse(kept) ?? {}) as typeof found;
  } catch {
    return QUIET;
  }
  const said = (name: 'desktop' | 'content' | 'sound' | 'declined'): boolean =>
    typeof found[name] === 'boolean' ? found[name] : QUIET[name];
  return {
    about: ABOUT.find((each) => each === found.about) ?? QUIET.about,
    desktop: said('desktop'),
    content: said('content'),
    sound: said('sound'),
    declined: said('declined'),
  };
}

/** The browser itself. */
export const browserSurface: Surface = {
  permission: () => (typeof Notification === 'undefined' || !window.isSecureContext ? 'unavailable' : Notification.permission),
  ask: async () => (typeof Notification === 'undefined' ? 'unavailable' : await Notification.requestPermission()),
  show: (title, body, tag, open) => {
    const notice = new Notification(title, { body, tag });
    notice.onclick = () => {
      window.focus();
      open();
      notice.close();
    };
  },
  attended: () => document.visibilityState === 'visible' && document.hasFocus(),
  chime,
};
