/**
 * The page that embeds this frame, spoken to by the loader. Messages are believed only from the window that holds us;
 * its origin is any site (the inbox's list of sites is the server's to hold), so nothing secret is ever told to it.
 */

/** From the loader. */
export type HostMessage =
  | { monodesk: 'page'; url: string; title: string; referrer: string }
  | { monodesk: 'open'; open: boolean };

/** To the loader. */
export type FrameMessage =
  | { monodesk: 'ready' }
  | { monodesk: 'close' }
  | { monodesk: 'unread'; count: number; color: string };

export class Host {
  constructor(private readonly listener: (message: HostMessage) => void) {
    window.addEventListener('message', (event) => this.receive(event));
  }

  tell(message: FrameMessage): void {
    if (window.parent !== window) window.parent.postMessage(message, '*');
  }

  private receive({ source, data }: MessageEvent<unknown>): void {
    if (source !== window.parent || window.parent === window) return;
    const message = data as Partial<HostMessage> | null;
    if (message?.monodesk === 'page' && typeof message.url === 'string') this.listener(message as HostMessage);
    if (message?.monodesk === 'open' && typeof message.open === 'boolean') this.listener(message as HostMessage);
  }
}
