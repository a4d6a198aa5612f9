/**
 * The loader: `<script src="https://desk/widget.js" data-inbox="…" async></script>`, also with `data-language="zh"` and
 * `data-side="left"`. It adds one element to the page, whose button opens the chat in a frame of our own origin, and
 * touches nothing else of the page.
 */
import styles from './widget.css';

interface Options {
  /** Where the appliance answers, with a slash at its end. */
  base: string;
  inbox: string;
  language: 'en' | 'zh';
  left: boolean;
}

const WORDS = {
  en: { open: 'Open chat', close: 'Close chat', frame: 'Chat', unread: (count: number) => `, ${count} unread` },
  zh: { open: '打开客服窗口', close: '收起客服窗口', frame: '在线客服', unread: (count: number) => `，${count} 条未读` },
};
const CHAT = 'M4.5 3.5h11a2 2 0 0 1 2 2V12a2 2 0 0 1-2 2H9l-4 3v-3h-.5a2 2 0 0 1-2-2V5.5a2 2 0 0 1 2-2Z';
const DOWN = 'm5.5 8 4.5 4.5L14.5 8';
const SVG = 'http://www.w3.org/2000/svg';
const ELEMENT = 'monodesk-widget';
const WATCH_MS = 1_000;

class Widget extends HTMLElement {
  options: Options | null = null;
  private readonly panel = document.createElement('div');
  private readonly button = document.createElement('button');
  private readonly badge = document.createElement('span');
  private readonly icon = document.createElementNS(SVG, 'path');
  private frame: HTMLIFrameElement | null = null;
  private ready = false;
  private shown = false;
  private unread = 0;
  private told = '';
  private previous = document.referrer;

  connectedCallback(): void {
    if (this.options === null || this.shadowRoot !== null) return;
    this.build(this.attachShadow({ mode: 'open' }), this.options);
    window.addEventListener('message', (event) => this.receive(event));
    setInterval(() => this.tellPage(), WATCH_MS);
    if (remembered(this.options.inbox)) this.show(true, false);
    else whenIdle(() => this.load());
  }

  private build(root: ShadowRoot, { left }: Options): void {
    dress(root);
    this.classList.toggle('left', left);
    this.panel.className = 'panel';
    this.panel.hidden = true;
    this.button.type = 'button';
    this.button.className = 'launch';
    this.badge.className = 'badge';
    this.badge.hidden = true;
    const picture = document.createElementNS(SVG, 'svg');
    picture.setAttribute('viewBox', '0 0 20 20');
    picture.setAttribute('aria-hidden', 'true');
    picture.append(this.icon);
    this.button.append(picture, this.badge);
    this.button.onclick = () => this.show(!this.shown, true);
    // a handler set as a property would cancel every key for which it returns false
    this.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape' && this.shown) this.show(false, true);
    });
    root.append(this.panel, this.button);
    this.draw();
  }

  /** The frame, hidden until it is wanted: it tells what is unread and reports the pages that are looked at. */
  private load(): void {
    if (this.frame !== null || this.options === null) return;
    const { base, inbox, language } = this.options;
    this.frame = document.createElement('iframe');
    this.frame.title = WORDS[language].frame;
    this.frame.src = `${base}chat/${encodeURIComponent(inbox)}?embed=1&lang=${language}`;
    this.panel.append(this.frame);
  }

  private show(open: boolean, byPerson: boolean): void {
    this.load();
    this.shown = open;
    this.panel.hidden = !open;
    this.classList.toggle('open', open);
    remember(this.options?.inbox ?? '', open);
    this.draw();
    this.tell({ monodesk: 'open', open });
    if (byPerson && open) this.frame?.focus();
    else if (byPerson) this.button.focus();
  }

  private draw(): void {
    const words = WORDS[this.options?.language ?? 'en'];
    const unread = this.shown ? 0 : this.unread;
    this.icon.setAttribute('d', this.shown ? DOWN : CHAT);
    this.button.setAttribute('aria-expanded', String(this.shown));
    this.button.setAttribute('aria-label', this.shown ? words.close : words.open + (unread > 0 ? words.unread(unread) : ''));
    this.badge.hidden = unread === 0;
    this.badge.textContent = unread > 99 ? '99+' : String(unread);
  }

  /** Believed only from our origin and our own frame. */
  private receive({ origin, source, data }: MessageEvent): void {
    if (this.options === null || this.frame === null) return;
    if (origin !== new URL(this.options.base).origin || source !== this.frame.contentWindow) return;
    const message = data as { monodesk?: unknown; count?: unknown; color?: unknown } | null;
    if (message?.monodesk === 'ready') this.greet();
    else if (message?.monodesk === 'close') this.show(false, true);
    else if (message?.monodesk === 'unread') this.count(Number(message.count) || 0, String(message.color ?? ''));
  }

  private greet(): void {
    this.ready = true;
    this.told = '';
    this.tellPage();
    this.tell({ monodesk: 'open', open: this.shown });
  }

  private count(unread: number, color: string): void {
    this.unread = unread;
    if (color !== '') this.button.style.backgroundColor = color;
    this.draw();
  }

  /** Looked at once a second, because a page that changes its own address tells nobody, and we wrap nothing of it. */
  private tellPage(): void {
    const { href } = location;
    if (!this.ready || this.told === href || document.hidden) return;
    this.tell({ monodesk: 'page', url: href, title: document.title, referrer: this.told || this.previous });
    this.previous = this.told = href;
  }

  private tell(message: object): void {
    if (this.ready && this.options !== null) this.frame?.contentWindow?.postMessage(message, new URL(this.options.base).origin);
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

function remembered(inbox: string): boolean {
  try {
    return sessionStorage.getItem(`monodesk.open.${inbox}`) === '1';
  } catch {
    return false;
  }
}

function remember(inbox: string, open: boolean): void {
  try {
    sessionStorage.setItem(`monodesk.open.${inbox}`, open ? '1' : '0');
  } catch {
    // refused: it opens closed on the next page
  }
}

function optionsOf(script: HTMLScriptElement): Options {
  const { inbox = '', language, side } = script.dataset;
  const chinese = language === undefined ? /^zh/i.test(navigator.language) : /^zh/i.test(language);
  return { base: new URL('.', script.src).href, inbox, language: chinese ? 'zh' : 'en', left: side === 'left' };
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
