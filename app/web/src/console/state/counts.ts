/** How many conversations each view holds: told by the server, moved along by what happens. */
import type { Conversation } from '../../kit/frames';
import { belongs } from './heads';

export interface Counts {
  readonly mine: number;
  readonly unassigned: number;
  readonly all: number;
}

const COUNTED = ['mine', 'unassigned', 'all'] as const;

/** The counts after a conversation changed from `before` (null: it is new) to `after` (null: no longer ours to see). */
export function shifted(counts: Counts, before: Conversation | null, after: Conversation | null, me: string): Counts {
  const next = { ...counts };
  for (const view of COUNTED) {
    const was = before !== null && belongs(before, view, me);
    const is = after !== null && belongs(after, view, me);
    next[view] = Math.max(0, next[view] + Number(is) - Number(was));
  }
  return next;
}
