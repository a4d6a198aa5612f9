/** Which page the address names, below the appliance's base path. */
import { signal } from '@preact/signals';
import { base } from '../../kit/place';

export type SettingsPage = 'inboxes' | 'agents' | 'teams' | 'profile';
export const SETTINGS_PAGES: readonly SettingsPage[] = ['inboxes', 'agents', 'teams', 'profile'];

export type Route =
  | { readonly page: 'desk'; readonly conversation: string | null; readonly message: number | null }
  | { readonly page: 'settings'; readonly section: SettingsPage | null }
  | { readonly page: 'sign-in' }
  | { readonly page: 'set-up' }
  | { readonly page: 'gallery' };

/** Reads a path relative to the base and its query: `c/{id}?m=17` is a conversation and the message to jump to. */
export function parse(path: string, query: string): Route {
  const [first = '', second = ''] = path.split('/');
  if (first === 'sign-in') return { page: 'sign-in' };
  if (first === 'setup') return { page: 'set-up' };
  if (first === 'gallery') return { page: 'gallery' };
  if (first === 'settings') {
    return { page: 'settings', section: SETTINGS_PAGES.find((section) => section === second) ?? null };
  }
  if (first !== 'c' || second === '') return { page: 'desk', conversation: null, message: null };
  const message = Number(new URLSearchParams(query).get('m') ?? Number.NaN);
  return { page: 'desk', conversation: second, message: Number.isSafeInteger(message) ? message : null };
}

/** The address as a signal; Back and Forward move it. */
export class Router {
  readonly route = signal<Route>(here());

  constructor() {
    window.addEventListener('popstate', () => {
      this.route.value = here();
    });
  }

  /** Goes to a path relative to the base. */
  go(path: string, how: 'push' | 'replace' = 'push'): void {
    const address = base + path;
    if (how === 'replace') history.replaceState(null, '', address);
    else if (address !== location.href) history.pushState(null, '', address);
    this.route.value = here();
  }
}

/** Lets the router follow a plain click on a link; every other click stays the browser's. */
export function follow(router: Router, path: string): (event: MouseEvent) => void {
  return (event) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    router.go(path);
  };
}

function here(): Route {
  return parse(location.pathname.slice(new URL(base).pathname.length), location.search);
}
