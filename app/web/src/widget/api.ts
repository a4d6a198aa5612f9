/**
 * `window.Monodesk`: what a page can ask of the widget, as a function that takes the name of the call first or by name,
 * `Monodesk('open')` or `Monodesk.open()`. A page may define the function before the script is there:
 *
 *   window.Monodesk = window.Monodesk || function () { (Monodesk.q = Monodesk.q || []).push(arguments); };
 *
 * What waits in `q` is carried out then.
 */

/** What the widget can do. */
export interface Calls {
  open(): void;
  close(): void;
  toggle(): void;
  /** Shows the launcher again after `hide`. */
  show(): void;
  hide(): void;
  /** Name, email, phone and attributes of whoever looks at the page: nobody checks them. */
  identify(user: object): void;
  /** Something that happened on the page; agents see it beside the conversation. */
  event(name: string, data?: object): void;
  /** `en` or `zh`. */
  setLocale(language: string): void;
  /** The visitor leaves this browser for good: his conversations are no longer to be seen in it. */
  reset(): void;
  unread(): number;
  isOpen(): boolean;
}

export type Happening = 'ready' | 'open' | 'close' | 'unread' | 'message';
type Listener = (detail?: unknown) => void;
type Monodesk = ((call: string, ...given: unknown[]) => unknown) & Record<string, unknown> & { q?: ArrayLike<unknown>[] };

declare global {
  interface Window {
    Monodesk?: Monodesk;
  }
}

/** How the page's listeners are told, and what it called before: to be carried out when they can be. */
export interface Published {
  tell: (happening: Happening, detail?: unknown) => void;
  carryOut: () => void;
}

/** Puts the API in the place of what a page defined. */
export function publish(calls: Calls): Published {
  const listeners = new Map<string, Listener[]>();
  const off = (name: string, listener: Listener): void => {
    listeners.set(name, (listeners.get(name) ?? []).filter((one) => one !== listener));
  };
  const on = (name: string, listener: Listener): (() => void) => {
    if (typeof listener !== 'function') throw new TypeError('Monodesk: on(name, function)');
    listeners.set(name, [...(listeners.get(name) ?? []), listener]);
    return () => off(name, listener);
  };
  const table: Record<string, (...given: never[]) => unknown> = { ...methods(calls), on, off };
  const api = ((call: string, ...given: unknown[]) => {
    const method = Object.prototype.hasOwnProperty.call(table, call) ? table[call] : undefined;
    if (method === undefined) return console.warn(`Monodesk: there is no "${String(call)}"`);
    return method(...(given as never[]));
  }) as Monodesk;
  const waiting = Array.from(window.Monodesk?.q ?? []).slice(0, QUEUE_MAX);
  window.Monodesk = Object.assign(api, table);
  return {
    tell: (happening, detail) => (listeners.get(happening) ?? []).forEach((listener) => guarded(() => listener(detail))),
    carryOut: () => waiting.forEach((call) => carry(api, Array.from(call))),
  };
}

const QUEUE_MAX = 100;

function methods(calls: Calls): Record<string, (...given: never[]) => unknown> {
  const { open, close, toggle, show, hide, identify, event, setLocale, reset, unread, isOpen } = calls;
  return { open, close, toggle, show, hide, identify, event, setLocale, reset, logout: reset, unread, isOpen };
}

function carry(api: Monodesk, [call, ...given]: unknown[]): void {
  guarded(() => api(String(call), ...given));
}

/** A listener of the page that fails harms nobody else; the page's own console hears of it. */
function guarded(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}
