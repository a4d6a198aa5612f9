/** The way to the server: a WebSocket; where that is blocked, another one (`polling`). */
import { CLOSED_ABNORMALLY, type Dial, type Line, type LineListener } from './connection';
import type { ServerFrame } from './frames';

/** A WebSocket at `url`. */
export function webSocket(url: string): Dial {
  return (listener) => {
    let socket: WebSocket;
    try {
      socket = new WebSocket(url);
    } catch {
      // a policy of the page forbids it: the same as a line that never opened
      return closedLine(listener);
    }
    socket.onopen = () => listener.opened();
    socket.onmessage = ({ data }) => listener.frame(JSON.parse(String(data)) as ServerFrame);
    socket.onclose = ({ code, reason }) => listener.closed(code, reason);
    return {
      send(frame) {
        if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
      },
      close: () => socket.close(),
    };
  };
}

/** A way whose code is fetched when it is taken. */
export function lateDial(load: () => Promise<Dial>): Dial {
  return (listener, cursor) => {
    let line: Line | null = null;
    let over = false;
    load().then(
      (dial) => { if (!over) line = dial(listener, cursor); },
      () => { if (!over) listener.closed(CLOSED_ABNORMALLY, ''); },
    );
    return {
      send: (frame) => line?.send(frame),
      close() {
        over = true;
        line?.close();
      },
    };
  };
}

function closedLine(listener: LineListener): Line {
  queueMicrotask(() => listener.closed(CLOSED_ABNORMALLY, ''));
  return { send: () => undefined, close: () => undefined };
}
