/**
 * The page that holds this frame, spoken to by the loader. A message is believed only from the window that holds us and
 * from a page of the inbox's sites or our own. Nothing secret is ever told; what is told goes to the origin that spoke
 * to us, except `ready`, which says nothing and comes before it.
 */
import type { Invitation } from '../kit/inbox';
import { isOfSite } from './sites';

/** From the loader. */
export type HostMessage =
  | { monodesk: 'page'; url: string; title: string; referrer: string }
  | { monodesk: 'open'; open: boolean }
  | { monodesk: 'identify'; user: Readonly<Record<string, unknown>> }
  | { monodesk: 'event'; name: string; data: Readonly<Record<string, unknown>> }
  | { monodesk: 'language'; language: string }
  | { monodesk: 'reset' };

/** How the launcher looks; `invitation` is empty where there is none, or none any more. */
export interface Look {
  color: string;
  ink: string;
  left: boolean;
  label: string;
  invitation: string;
  seconds: number;
  /** Empty for who has written before. */
  rules: readonly Invitation[];
  open: boolean;
  pause: number;
}

/** To the loader. */
export type FrameMessage =
  | { monodesk: 'close' }
  | { monodesk: 'unread'; count: number }
  | { monodesk: 'look'; look: Look }
  | { monodesk: 'message'; from: string; at: number };

export class Host {
  /** The origin that may be told something; null until the loader has answered. */
  private target: string | null = null;
  /** The latest look and count, for a loader that has not answered yet. */
  private readonly latest = new Map<string, FrameMessage>();

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
    if (message.monodesk === 'unread' || message.monodesk === 'look') this.latest.set(message.monodesk, message);
    if (this.target !== null) window.parent.postMessage(message, this.target);
  }

  private receive({ source, origin, data }: MessageEvent<unknown>): void {
    if (source !== window.parent || window.parent === window) return;
    if (origin !== location.origin && !isOfSite(origin, this.sites)) return;
    if (isOne(data)) this.hear(origin, data);
  }

  private hear(origin: string, message: HostMessage): void {
    if (this.target === null) {
      this.target = origin === 'null' ? '*' : origin; // a file or a sandboxed page has no origin that could be named
      for (const message of this.latest.values()) this.tell(message);
    }
    this.listener(message);
  }
}

/** Whether this is a message of the loader: every part of the right kind, whatever it says. */
function isOne(data: unknown): data is HostMessage {
  const message = data as Readonly<Record<string, unknown>> | null;
  switch (message?.monodesk) {
    case 'page':
      return isText(message.url) && isText(message.title) && isText(message.referrer);
    case 'open':
      return typeof message.open === 'boolean';
    case 'identify':
      return isTable(message.user);
    case 'event':
      return isText(message.name) && isTable(message.data);
    case 'language':
      return isText(message.language);
    default:
      return message?.monodesk === 'reset';
  }
}

function isTable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
