/** Which conversations the list shows, and in which order: it stands in the address, so that it can be kept and sent on. */
import type { Row, View } from './heads';
import { VIEWS } from './heads';

export const SORTS = ['waiting', 'priority', 'newest', 'oldest'] as const;
export type Sort = (typeof SORTS)[number];

export interface Filters {
  readonly view: View;
  readonly sort: Sort;
  readonly inbox: string | null;
  readonly team: string | null;
  readonly assignee: string | null;
  /** The customer's, as its first part: `zh`. */
  readonly language: string | null;
  readonly tag: string | null;
  /** A number from 1 to 4, as text. */
  readonly priority: string | null;
  /** Why it was resolved. */
  readonly reason: string | null;
  readonly unread: boolean;
}

export const EVERYTHING: Filters = {
  view: 'mine',
  sort: 'waiting',
  inbox: null,
  team: null,
  assignee: null,
  language: null,
  tag: null,
  priority: null,
  reason: null,
  unread: false,
};
/** What narrows a view, as it is called in the address. */
export const NARROWING = ['inbox', 'team', 'assignee', 'language', 'tag', 'priority', 'reason'] as const;
const NAMES = ['view', 'sort', ...NARROWING, 'unread'] as const;
const PART = /^[\w-]{1,64}$/;

/** What an address says; what it says wrong counts as unsaid. */
export function fromQuery(query: string): Filters {
  const said = new URLSearchParams(query);
  const part = (name: string): string | null => {
    const value = said.get(name);
    return value !== null && PART.test(value) ? value : null;
  };
  return {
    view: VIEWS.find((view) => view === said.get('view')) ?? EVERYTHING.view,
    sort: SORTS.find((sort) => sort === said.get('sort')) ?? EVERYTHING.sort,
    inbox: part('inbox'),
    team: part('team'),
    assignee: part('assignee'),
    language: part('language'),
    tag: part('tag'),
    priority: part('priority'),
    reason: part('reason'),
    unread: said.get('unread') === '1',
  };
}

/** A query with these filters in place of its own; whatever else it says stays. */
export function withFilters(query: string, filters: Filters): string {
  const next = new URLSearchParams(query);
  for (const name of NAMES) {
    const value = filters[name];
    if (value === EVERYTHING[name] || value === null) next.delete(name);
    else next.set(name, value === true ? '1' : String(value));
  }
  const text = next.toString();
  return text === '' ? '' : `?${text}`;
}

/** How many things narrow the view. */
export function narrowing(filters: Filters): number {
  return NARROWING.filter((name) => filters[name] !== null).length + Number(filters.unread);
}

export function withoutNarrowing({ view, sort }: Filters): Filters {
  return { ...EVERYTHING, view, sort };
}

/** Whether a row is among those that were asked for. */
export function passes({ conversation, contact, unread }: Row, filters: Filters): boolean {
  if (filters.unread && unread === 0) return false;
  if (filters.inbox !== null && conversation.inbox_id !== filters.inbox) return false;
  if (filters.team !== null && conversation.team_id !== filters.team) return false;
  if (filters.assignee !== null && conversation.assignee_id !== filters.assignee) return false;
  if (filters.tag !== null && !(conversation.tags ?? []).includes(filters.tag)) return false;
  if (filters.priority !== null && String(conversation.priority) !== filters.priority) return false;
  if (filters.reason !== null && conversation.close_reason !== filters.reason) return false;
  return filters.language === null || tongue(contact?.language ?? '') === filters.language;
}

/** The first part of a language's name: `zh` of `zh-CN`. */
export function tongue(language: string): string {
  return language.toLowerCase().split('-')[0] ?? '';
}
