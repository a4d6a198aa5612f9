/**
 * The page that holds this frame, spoken to by the loader. A message is believed only from the window that holds us and
 * from a page of the inbox's sites or our own. Nothing secret is ever told; what is told goes to the origin that spoke
 * to us, except `ready`, which says nothing and comes before it.
 */
import { isOfSite } from './sites';

/** From the loader. */
export type HostMessage =
  | { monodesk: 'page'; url: string; title: string; referrer: string }
  | { monodesk: 'open'; open: boolean };

/** To the loader. */
export type FrameMessage = { monodesk: 'close' } | { monodesk: 'unread'; count: number; color: string };

export class Host {
  /** The origin that may be told something; null until the loader has answered. */
  private target: string | null = null;
  /** The latest count, for a loader that has not answered yet. */
  private unread: FrameMessage | null = null;

  constructor(
    private readonly sites: readonly string[],
    private readonly listener: (message: HostMessage) => void,
  ) {
    window.addEventListener('message', (event) => this.receive(event));
  }

  /** We listen: the loader may speak. */
  ready(): void {
    if (window.parent !== window) window.parent.postMessage({ monodesk: 'ready' }, '*');
  }

  tell(message: FrameMessage): void {
    if (message.monodesk === 'unread') this.unread = message;
    if (this.target !== null) window.parent.postMessage(message, this.target);
  }

  private receive({ source, origin, data }: MessageEvent<unknown>): void {
    if (source !== window.parent || window.parent === window) return;
    if (origin !== location.origin && !isOfSite(origin, this.sites)) return;
    const message = data as Partial<HostMessage> | null;
    if (message?.monodesk === 'page' && isText(message.url) && isText(message.title) && isText(message.referrer)) {
      this.hear(origin, message as HostMessage);
    }
    if (message?.monodesk === 'open' && typeof message.open === 'boolean') this.hear(origin, message as HostMessage);
  }

  private hear(origin: string, message: HostMessage): void {
    if (this.target === null) {
      this.target = origin === 'null' ? '*' : origin; // a file or a sandboxed page has no origin that could be named
      if (this.unread !== null) this.tell(this.unread);
    }
    this.listener(message);
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
