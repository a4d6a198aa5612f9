/** What a thread shows, line by line: days, groups of one speaker, notes, events, where the new begins. */
import type { Entry } from '../../kit/thread';
import { sameDay } from '../../kit/dates';
import { place } from './span';

export const GROUP_MS = 3 * 60_000;

export type Line =
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | { readonly kind: 'new'; readonly key: string; readonly count: number }
  | { readonly kind: 'event'; readonly key: string; readonly entry: Entry }
  | { readonly kind: 'note'; readonly key: string; readonly entry: Entry }
  | { readonly kind: 'said'; readonly key: string; readonly entries: readonly Entry[] };

/** The last number a reader had seen when he came, and the last there was. */
export interface Fresh {
  readonly readTo: number;
  readonly last: number;
}

/**
 * Entries (ascending, edits applied) as lines. Messages of one speaker within three minutes of each other stand
 * together. `fresh`: what was new when the reader came; null: no line for it. `entries` may be a part of `all`.
 */
export function lines(
  entries: readonly Entry[],
  fresh: Fresh | null,
  me: string,
  all: readonly Entry[] = entries,
): readonly Line[] {
  const made: Line[] = [];
  const unread = fresh === null ? [] : unreadOf(all, fresh, me);
  const firstNew = unread[0] ? entries.findIndex(({ seq }) => seq === unread[0]?.seq) : -1;
  let group: Entry[] = [];
  const flush = (): void => {
    const first = group[0];
    if (first) made.push({ kind: 'said', key: first.id, entries: group });
    group = [];
  };
  entries.forEach((entry, index) => {
    const previous = entries[index - 1];
    const newDay = !previous || !sameDay(previous.at, entry.at);
    if (newDay || index === firstNew) flush();
    if (newDay) made.push({ kind: 'day', key: `day-${entry.seq}`, at: entry.at });
    if (index === firstNew) made.push({ kind: 'new', key: 'new', count: unread.length });
    if (entry.kind === 'message') {
      if (!together(group[group.length - 1], entry)) flush();
      group.push(entry);
      return;
    }
    flush();
    made.push({ kind: entry.kind === 'note' ? 'note' : 'event', key: entry.id, entry });
  });
  flush();
  return made;
}

/** What others wrote that was new when the reader came. */
export function unreadOf(all: readonly Entry[], fresh: Fresh, me: string): readonly Entry[] {
  return all.slice(place(all, fresh.readTo + 1)).filter((entry) => entry.seq <= fresh.last && foreign(entry, me));
}

/** Whether a message continues the group that ends with `previous`. */
export function together(previous: Entry | undefined, entry: Entry): boolean {
  if (!previous || previous.kind !== 'message') return false;
  const same = previous.sender.kind === entry.sender.kind && previous.sender.id === entry.sender.id;
  return same && entry.at - previous.at < GROUP_MS;
}

function foreign(entry: Entry, me: string): boolean {
  return (entry.kind === 'message' || entry.kind === 'note') && entry.sender.id !== me;
}
