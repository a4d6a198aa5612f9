/** What a thread says of its own rating: pure. */
import type { Thread as Head } from '../kit/frames';
import type { Entry } from '../kit/thread';

/** The product's own; an inbox may have others. */
export const TAGS = ['fast', 'clear', 'friendly', 'unsolved'] as const;
export type Tag = (typeof TAGS)[number];

/** A rating as a line of the thread tells it; `at` is when the first one was given. */
export interface Given {
  score: number;
  tags: string[];
  text: string;
  at: number;
}

const DAY_MS = 86_400_000;
const OVER = new Set(['resolved', 'closed']);

/** The newest rating of a thread, changeable for a day from its first. */
export function ratingOf(entries: readonly Entry[]): Given | null {
  const lines = entries.filter(({ data }) => data?.event === 'rated');
  const [first] = lines;
  const last = lines[lines.length - 1];
  if (first === undefined || last === undefined) return null;
  const { score = '', tags = '', text = '' } = last.data ?? {};
  return { score: Number(score), tags: tags.split(',').filter(Boolean), text, at: first.at };
}

/** From when on he is asked; null: he is not. */
export function askedFrom(entries: readonly Entry[]): number | null {
  const from = entries.map(({ data }) => data?.['rate_from']).filter(Boolean);
  return from.length > 0 ? Number(from[from.length - 1]) : null;
}

/** Whether a conversation can be rated now: it is over, he was asked, and no rating stands for good. */
export function ratable(head: Head | null, entries: readonly Entry[], now: number): boolean {
  if (head === null || !OVER.has(head.status)) return false;
  const given = ratingOf(entries);
  if (given !== null) return now - given.at < DAY_MS;
  const from = askedFrom(entries);
  const end = entries[entries.length - 1]?.at ?? now;
  return from !== null && now >= from && now - end < 7 * DAY_MS;
}

/** Who answered last, and for how many minutes from the first word to the last; for the heading. */
export function talk(entries: readonly Entry[]): { id: string; name: string; minutes: number } | null {
  const answers = entries.filter(answered);
  const last = answers[answers.length - 1];
  const words = entries.filter(({ kind }) => kind === 'message');
  const [first] = words;
  if (last === undefined || first === undefined) return null;
  const end = words[words.length - 1] ?? last;
  return { id: last.sender.id, name: last.sender.name ?? '', minutes: Math.max(1, Math.round((end.at - first.at) / 60_000)) };
}

function answered({ kind, sender }: Entry): boolean {
  return kind === 'message' && sender.kind === 'agent';
}
