/**
 * The loader: `<script src="https://desk/widget.js" data-inbox="…" async></script>`, also with `data-language="zh"` and
 * `data-side="left"`. It adds one element to the page, whose button opens the chat in a frame of our own origin, and
 * `window.Monodesk` (`api.ts`). Nothing else of the page is touched, but that a phone's page does not scroll behind it.
 */
import { type Happening, publish } from './api';
import { Kept, type Look, type Rule, lookOf } from './kept';
import { fitting } from './rules';
import styles from './widget.css';

type Language = 'en' | 'zh';

interface Options {
  /** Where the appliance answers, with a slash at its end. */
  base: string;
  inbox: string;
  language: Language;
  /** Said by the page; null: as the desk has it. */
  left: boolean | null;
}

const WORDS = {
  en: { open: 'Open chat', close: 'Close chat', frame: 'Chat', dismiss: 'Dismiss', unread: (count: number) => `, ${count} unread` },
  zh: { open: '打开客服窗口', close: '收起客服窗口', frame: '在线客服', dismiss: '不再显示', unread: (count: number) => `，${count} 条未读` },
};
const CHAT = 'M4.5 3.5h11a2 2 0 0 1 2 2V12a2 2 0 0 1-2 2H9l-4 3v-3h-.5a2 2 0 0 1-2-2V5.5a2 2 0 0 1 2-2Z';
const DOWN = 'm5.5 8 4.5 4.5L14.5 8';
const CROSS = 'm5.5 5.5 9 9M14.5 5.5l-9 9';
const SVG = 'http://www.w3.org/2000/svg';
const ELEMENT = 'monodesk-widget';
const PHONE = '(max-width: 480px)';
const WATCH_MS = 1_000;
const EVENTS_MAX = 50;

class Widget extends HTMLElement {
  options: Options | null = null;
  private readonly panel = make('div', 'panel');
  private readonly button = make('button', 'launch');
  private readonly label = make('span', 'label');
  private readonly badge = make('span', 'badge');
  private readonly invite = make('div', 'invite');
  private readonly words = make('button', 'words');
  private readonly dismiss = make('button', 'dismiss');
  private readonly icon = document.createElementNS(SVG, 'path');
  private frame: HTMLIFrameElement | null = null;
  private ready = false;
  /** This page's frame was told that its visitor leaves. */
  private left = false;
  private shown = false;
  private unread = 0;
  private look: Look | null = null;
  private told = '';
  private previous = document.referrer;
  private user: object | null = null;
  private events: { name: string; data: object }[] = [];
  private unlock: () => void = () => undefined;
  private inviting: number | undefined;
  /** The invitation that is shown by a rule of the desk. */
  private offered: Rule | null = null;
  private onPageSince = 0;
  private back = false;
  private say: (happening: Happening, detail?: unknown) => void = () => undefined;
  private kept = new Kept('');

  connectedCallback(): void {
    if (this.options === null || this.shadowRoot !== null) return;
    this.kept = new Kept(this.options.inbox);
    this.look = this.kept.look;
    this.back = this.kept.back();
    this.unread = this.kept.unread;
    this.build(this.attachShadow({ mode: 'open' }));
    window.addEventListener('message', (event) => this.receive(event));
    setInterval(() => {
      this.tellPage();
      this.consider('');
    }, WATCH_MS);
    // a first page waits a moment for the desk to say how the button looks, so that it does not change its colour
    if (this.look === null) setTimeout(() => this.reveal(), WATCH_MS);
    else this.reveal();
    if (this.kept.open) this.open(true, false);
    else whenIdle(() => this.load());
    const { tell, carryOut } = publish({
      open: () => this.open(true, true),
      close: () => this.open(false, true),
      toggle: () => this.open(!this.shown, true),
      show: () => (this.hidden = false),
      hide: () => this.vanish(),
      identify: (user) => this.identify(user),
      event: (name, data = {}) => this.happened(name, data),
      setLocale: (language) => this.speak(language),
      reset: () => this.reset(),
      unread: () => this.unread,
      isOpen: () => this.shown,
    });
    this.say = tell;
    carryOut();
  }

  private build(root: ShadowRoot): void {
    dress(root);
    this.panel.hidden = this.button.hidden = this.invite.hidden = this.badge.hidden = true;
    for (const button of [this.button, this.words, this.dismiss]) button.type = 'button';
    this.button.append(picture(this.icon), this.label, this.badge);
    const cross = document.createElementNS(SVG, 'path');
    cross.setAttribute('d', CROSS);
    this.dismiss.append(picture(cross));
    this.invite.append(this.words, this.dismiss);
    this.invite.setAttribute('role', 'status');
    this.button.onclick = () => this.open(!this.shown, true);
    this.words.onclick = () => {
      if (this.offered !== null) this.happened('invitation.accepted', { rule: this.offered.id });
      this.open(true, true);
    };
    this.dismiss.onclick = () => this.dismissed();
    // a handler set as a property would cancel every key for which it returns false
    this.addEventListener('keydown', ({ key }) => {
      if (key !== 'Escape') return;
      if (this.shown) this.open(false, true);
      else if (!this.invite.hidden) this.dismissed();
    });
    root.append(this.panel, this.invite, this.button);
    this.draw();
  }

  private reveal(): void {
    this.button.hidden = false;
  }

  /** The frame, hidden until it is wanted: it tells what is unread and reports the pages that are looked at. */
  private load(): void {
    if (this.frame !== null || this.options === null) return;
    const { base, inbox, language } = this.options;
    this.frame = document.createElement('iframe');
    this.frame.src = `${base}chat/${encodeURIComponent(inbox)}?embed=1&lang=${language}`;
    this.panel.append(this.frame);
    this.draw();
  }

  private open(open: boolean, byPerson: boolean): void {
    if (open) {
      this.hidden = false;
      this.load();
      this.endInvitation();
    }
    const changed = open !== this.shown;
    this.shown = this.kept.open = open;
    this.panel.hidden = !open;
    this.classList.toggle('open', open);
    this.lock();
    this.draw();
    this.tell({ monodesk: 'open', open });
    if (byPerson && changed) (open ? this.frame : this.button)?.focus();
    if (changed) this.say(open ? 'open' : 'close');
  }

  private vanish(): void {
    if (this.shown) this.open(false, false);
    this.hidden = true;
  }

  /** Behind a chat that fills a phone's screen the page holds still; its own word about that comes back. */
  private lock(): void {
    this.unlock();
    this.unlock = () => undefined;
    if (!this.shown || !window.matchMedia(PHONE).matches) return;
    const { style } = document.documentElement;
    const [value, priority] = [style.getPropertyValue('overflow'), style.getPropertyPriority('overflow')];
    style.setProperty('overflow', 'hidden', 'important');
    this.unlock = () => style.setProperty('overflow', value, priority);
  }

  private draw(): void {
    const words = WORDS[this.options?.language ?? 'en'];
    const unread = this.shown ? 0 : this.unread;
    const { color = '', ink = '', left = false, label = '' } = this.look ?? {};
    this.classList.toggle('left', this.options?.left ?? left);
    this.icon.setAttribute('d', this.shown ? DOWN : CHAT);
    this.button.style.backgroundColor = color;
    this.button.style.color = ink;
    this.label.textContent = label;
    this.label.hidden = label === '' || this.shown;
    this.button.setAttribute('aria-expanded', String(this.shown));
    this.button.setAttribute('aria-label', this.shown ? words.close : words.open + (unread > 0 ? words.unread(unread) : ''));
    this.badge.hidden = unread === 0;
    this.badge.textContent = unread > 99 ? '99+' : String(unread);
    this.dismiss.setAttribute('aria-label', words.dismiss);
    this.words.textContent = this.offered === null ? (this.look?.invitation ?? '') : this.wording(this.offered);
    if (this.frame !== null) this.frame.title = words.frame;
  }

  /** Believed only from our origin and our own frame. */
  private receive({ origin, source, data }: MessageEvent): void {
    if (this.options === null || this.frame === null) return;
    if (origin !== new URL(this.options.base).origin || source !== this.frame.contentWindow) return;
    const message = data as Readonly<Record<string, unknown>> | null;
    if (message?.monodesk === 'ready') this.greet();
    else if (message?.monodesk === 'close') this.open(false, true);
    else if (message?.monodesk === 'unread') this.count(Number(message.count) || 0);
    else if (message?.monodesk === 'look') this.wear(lookOf(message.look));
    else if (message?.monodesk === 'message') this.say('message', { from: String(message.from), at: Number(message.at) });
  }

  private greet(): void {
    this.ready = true;
    if (this.kept.leaving && !this.left) return this.leave();
    this.kept.leaving = this.left = false;
    this.told = '';
    this.tellPage();
    this.tell({ monodesk: 'open', open: this.shown });
    if (this.user !== null) this.tell({ monodesk: 'identify', user: this.user });
    for (const { name, data } of this.events.splice(0)) this.tell({ monodesk: 'event', name, data });
    this.say('ready');
  }

  private count(unread: number): void {
    if (unread !== this.unread) this.say('unread', unread);
    this.unread = this.kept.unread = unread;
    this.draw();
  }

  private wear(look: Look | null): void {
    this.look = this.kept.look = look;
    this.draw();
    this.reveal();
    window.clearTimeout(this.inviting);
    if (this.offered !== null) return look === null || look.rules.length === 0 ? this.endInvitation() : undefined;
    if (look === null || look.invitation === '' || this.kept.invited || this.shown) this.invite.hidden = true;
    else if (this.invite.hidden) this.inviting = window.setTimeout(() => this.invited(), look.seconds * 1_000);
  }

  private invited(): void {
    if (!this.shown && !this.kept.invited) this.invite.hidden = false;
  }

  private wording({ text }: Rule): string {
    return text[this.options?.language ?? 'en'] || text.en || text.zh;
  }

  /** Shows the first invitation that fits now, and then none for as long as the desk says. */
  private consider(event: string): void {
    const { look, kept } = this;
    const now = Date.now();
    if (look === null || !this.ready || this.shown || !this.invite.hidden || this.hidden || document.hidden || !kept.rested(look.pause, now)) return;
    const seconds = (now - this.onPageSince) / 1_000;
    const rule = fitting(look, { href: location.href, seconds, event, back: this.back });
    if (rule === undefined) return;
    this.offered = rule;
    kept.showed(now);
    this.invite.hidden = false;
    this.draw();
    this.happened('invitation.shown', { rule: rule.id });
  }

  private dismissed(): void {
    this.endInvitation();
    this.button.focus();
  }

  private endInvitation(): void {
    window.clearTimeout(this.inviting);
    if (this.offered === null && this.look?.invitation) this.kept.invited = true;
    this.offered = null;
    this.invite.hidden = true;
  }

  private identify(user: object): void {
    this.user = plain(user);
    this.load();
    if (this.ready) this.tell({ monodesk: 'identify', user: this.user });
  }

  private happened(name: string, data: object): void {
    this.load();
    const event = { name: String(name), data: plain(data) };
    if (this.ready) this.tell({ monodesk: 'event', ...event });
    else if (this.events.length < EVENTS_MAX) this.events.push(event);
    if (!/^invitation\./.test(event.name)) this.consider(event.name);
  }

  private speak(language: string): void {
    if (this.options === null) return;
    this.options.language = /^zh/i.test(language) ? 'zh' : 'en';
    this.tell({ monodesk: 'language', language: this.options.language });
    this.draw();
  }

  private reset(): void {
    this.user = null;
    this.events = [];
    this.kept.leaving = true;
    this.left = false;
    this.open(false, false);
    this.count(0);
    this.load();
    if (this.ready) this.leave();
  }

  /** The frame begins anew and says so; whatever is called until then is of the next visitor, and waits. */
  private leave(): void {
    this.tell({ monodesk: 'reset' });
    this.left = true;
    this.ready = false;
  }

  /** Looked at once a second, because a page that changes its own address tells nobody, and we wrap nothing of it. */
  private tellPage(): void {
    const { href } = location;
    if (!this.ready || this.told === href || document.hidden) return;
    this.tell({ monodesk: 'page', url: href, title: document.title, referrer: this.told || this.previous });
    this.previous = this.told = href;
    this.onPageSince = Date.now();
  }

  private tell(message: object): void {
    if (this.ready && this.options !== null) this.frame?.contentWindow?.postMessage(message, new URL(this.options.base).origin);
  }
}

function make<Name extends 'div' | 'button' | 'span'>(name: Name, className: string): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  element.className = className;
  return element;
}

function picture(path: SVGPathElement): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(path);
  return svg;
}

/** What can be sent to a frame: functions and elements of the page cannot, and say nothing anyway. */
function plain(table: unknown): object {
  try {
    const copy: unknown = JSON.parse(JSON.stringify(table));
    return typeof copy === 'object' && copy !== null ? copy : {};
  } catch {
    return {};
  }
}

/** A constructed sheet passes a strict CSP of the page; browsers without it get a style element. */
function dress(root: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const element = document.createElement('style');
    element.textContent = styles;
    root.append(element);
  }
}

function whenIdle(act: () => void): void {
  const later = (): unknown => ('requestIdleCallback' in window ? requestIdleCallback(act, { timeout: WATCH_MS }) : setTimeout(act));
  if (document.readyState === 'complete') later();
  else window.addEventListener('load', later, { once: true });
}

function optionsOf(script: HTMLScriptElement): Options {
  const { inbox = '', language, side } = script.dataset;
  const chinese = language === undefined ? /^zh/i.test(navigator.language) : /^zh/i.test(language);
  return { base: new URL('.', script.src).href, inbox, language: chinese ? 'zh' : 'en', left: side === undefined ? null : side === 'left' };
}

function start(script: HTMLScriptElement): void {
  const options = optionsOf(script);
  if (options.inbox === '') return console.warn('Monodesk: the script needs data-inbox="…" (Settings, Inboxes).');
  if (customElements.get(ELEMENT) !== undefined) return;
  customElements.define(ELEMENT, Widget);
  const widget = document.createElement(ELEMENT) as Widget;
  widget.options = options;
  const add = (): void => document.body.append(widget);
  if (document.body === null) document.addEventListener('DOMContentLoaded', add);
  else add();
}

if (document.currentScript instanceof HTMLScriptElement) start(document.currentScript);
