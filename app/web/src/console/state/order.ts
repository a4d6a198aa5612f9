/** In which order a view shows its conversations, and that it holds still under the pointer. */
import { EVERYTHING, type Filters, type Sort, passes } from './filters';
import type { Heads, Row, View } from './heads';
import { belongs } from './heads';

export type Group = 'us' | 'customer' | 'asleep' | 'over';

export interface Ordered {
  readonly group: Group;
  readonly id: string;
}

/** Whose turn it is; what is over is nobody's. */
export function groupOf({ conversation }: Row): Group {
  if (conversation.status === 'resolved' || conversation.status === 'closed') return 'over';
  if (conversation.status === 'snoozed') return 'asleep';
  return conversation.waiting_since === null ? 'customer' : 'us';
}

/**
 * Waiting for us first, longest on top; then waiting for the customer, newest on top; or each group as asked for. `kept`
 * stays in a narrowed view though it passes no longer: what one has before his eyes does not vanish by being read. `named`: where he was mentioned.
 */
export function ordered(
  heads: Heads,
  view: View,
  me: string,
  filters: Filters = EVERYTHING,
  kept: string | null = null,
  named: ReadonlySet<string> = new Set(),
): readonly Ordered[] {
  const rows = [...heads.values()].filter(
    (row) =>
      (view === 'mentioned' ? named.has(row.conversation.id) : belongs(row.conversation, view, me)) &&
      (passes(row, filters) || row.conversation.id === kept),
  );
  const rank = { us: 0, customer: 1, asleep: 2, over: 3 };
  const sorted = rows
    .map((row) => ({ row, group: groupOf(row) }))
    .sort((one, other) => {
      if (one.group !== other.group) return rank[one.group] - rank[other.group];
      return compared(filters.sort, one.group)(one.row, other.row);
    });
  return sorted.map(({ row, group }) => ({ group, id: row.conversation.id }));
}

/** The order kept while the pointer is over the list: nothing moves, what came is at the end of its group. */
export function held(kept: readonly Ordered[], fresh: readonly Ordered[], heads: Heads): readonly Ordered[] {
  const known = new Set(kept.map(({ id }) => id));
  const staying = kept.filter(({ id }) => heads.has(id));
  const came = fresh.filter(({ id }) => !known.has(id));
  return came.length === 0 ? staying : [...staying, ...came];
}

/** How many places would change if the list were sorted now. */
export function moved(shown: readonly Ordered[], fresh: readonly Ordered[]): number {
  const places = new Map(fresh.map(({ id, group }, index) => [id, `${group}${index}`]));
  return shown.filter(({ id, group }, index) => places.get(id) !== `${group}${index}`).length;
}

function compared(sort: Sort, group: Group): (one: Row, other: Row) => number {
  if (group === 'asleep' && sort === 'waiting') return wakingFirst;
  if (sort === 'priority') return byPriority(group === 'us' ? waitingFirst : newestFirst);
  if (sort === 'oldest') return (one, other) => newestFirst(other, one);
  return sort === 'waiting' && group === 'us' ? waitingFirst : newestFirst;
}

/** The most urgent first; among equals as usual. */
function byPriority(then: (one: Row, other: Row) => number): (one: Row, other: Row) => number {
  return (one, other) => other.conversation.priority - one.conversation.priority || then(one, other);
}

/** What wakes next; what waits for the customer alone comes last. */
function wakingFirst({ conversation: one }: Row, { conversation: other }: Row): number {
  return (one.snoozed_until ?? Number.MAX_SAFE_INTEGER) - (other.snoozed_until ?? Number.MAX_SAFE_INTEGER) || (one.id < other.id ? -1 : 1);
}

function waitingFirst(one: Row, other: Row): number {
  return (one.conversation.waiting_since ?? 0) - (other.conversation.waiting_since ?? 0) || byId(one, other);
}

function newestFirst(one: Row, other: Row): number {
  return last(other) - last(one) || byId(other, one);
}

function last({ conversation }: Row): number {
  return conversation.last_at || conversation.updated_at;
}

function byId(one: Row, other: Row): number {
  return one.conversation.id < other.conversation.id ? -1 : 1;
}
