/** Which page the address names, below the appliance's base path. */
import { effect, signal } from '@preact/signals';
import { base } from '../../kit/place';
import { fromQuery, withFilters } from './filters';

export const SETTINGS_PAGES = [
  'inboxes', 'hours', 'blocks', 'canned', 'tags', 'macros',
  'fields', 'statuses', 'ratings', 'agents', 'teams', 'routing', 'roles', 'tokens', 'mail',
  'profile', 'notifications', 'exchange', 'server', 'audit', 'about', 'sources', 'automations',
] as const;
export type SettingsPage = (typeof SETTINGS_PAGES)[number];

/** Who lacks this permission does not find the page. */
export const PAGE_NEEDS: Partial<Record<SettingsPage, string>> = {
  server: 'server.read', audit: 'audit.read', tokens: 'tokens.manage', mail: 'inboxes.manage', exchange: 'contacts.manage', blocks: 'contacts.read',
  sources: 'sources.manage', automations: 'sources.manage', ratings: 'contacts.read', canned: 'conversations.write', macros: 'conversations.write', fields: 'tickets.read', statuses: 'tickets.read',
};

export type Route =
  | { readonly page: 'desk'; readonly conversation: string | null; readonly message: number | null }
  | { readonly page: 'settings'; readonly section: SettingsPage | null; readonly item: string | null }
  | { readonly page: 'tickets'; readonly ticket: string | null; readonly query: string }
  | { readonly page: 'visitors' }
  | { readonly page: 'contacts'; readonly contact: string | null }
  | { readonly page: 'organisations'; readonly organisation: string | null }
  | { readonly page: 'sign-in' }
  | { readonly page: 'set-up' }
  | { readonly page: 'password' }
  | { readonly page: 'kit' };

/**
 * Reads a path relative to the base and its query: `c/{id}?m=17` is a conversation and the message to jump to,
 * `settings/sources/{name}` one of what a page of settings lists.
 */
export function parse(path: string, query: string): Route {
  const [first = '', second = '', third = ''] = path.split('/');
  if (first === 'sign-in') return { page: 'sign-in' };
  if (first === 'setup') return { page: 'set-up' };
  if (first === 'password') return { page: 'password' };
  if (first === 'visitors') return { page: 'visitors' };
  if (first === 'kit') return { page: 'kit' };
  if (first === 'tickets') return { page: 'tickets', ticket: second || null, query };
  if (first === 'contacts') return { page: 'contacts', contact: second || null };
  if (first === 'organisations') return { page: 'organisations', organisation: second || null };
  if (first === 'settings') {
    return { page: 'settings', section: SETTINGS_PAGES.find((section) => section === second) ?? null, item: third || null };
  }
  if (first !== 'c' || second === '') return { page: 'desk', conversation: null, message: null };
  const message = Number(new URLSearchParams(query).get('m') ?? Number.NaN);
  return { page: 'desk', conversation: second, message: Number.isSafeInteger(message) ? message : null };
}

/** The address as a signal; Back and Forward move it. What the list is narrowed by goes along where it is shown. */
export class Router {
  readonly route = signal<Route>(here());
  readonly filters = signal(fromQuery(this.route.peek().page === 'desk' ? location.search : ''));

  constructor() {
    window.addEventListener('popstate', () => {
      this.route.value = here();
      if (this.route.value.page === 'desk') this.filters.value = fromQuery(location.search);
    });
    effect(() => {
      const query = withFilters(location.search, this.filters.value);
      if (this.route.peek().page === 'desk' && query !== location.search)
        history.replaceState(null, '', location.pathname + query + location.hash);
    });
  }

  /** The whole address of a path relative to the base. */
  hrefOf(path: string): string {
    const [way = '', query = ''] = path.split('?');
    const shows = parse(way, '').page === 'desk';
    return base + way + (shows ? withFilters(query, this.filters.value) : query && `?${query}`);
  }

  /** Goes to a path relative to the base. */
  go(path: string, how: 'push' | 'replace' = 'push'): void {
    const address = this.hrefOf(path);
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
