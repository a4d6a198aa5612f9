/** A thread as the screen draws it: days, notices, and groups of one speaker's words. Pure. */
import type { Shown } from '../kit/amended';
import { midnight } from '../kit/dates';
import type { SpeakerKind } from '../kit/frames';
import type { Pending } from '../kit/outbox';
import type { Entry } from '../kit/thread';

const GROUP_MS = 180_000;
/** A line is drawn whole or not at all, so one who writes a hundred times a minute does not make one line of it. */
const GROUP_WORDS_MAX = 10;
/** Where clocks are set back a day has more than 24 hours. */
const LONGEST_DAY_MS = 30 * 3_600_000;

/** One bubble: an entry the server holds, or one it has not confirmed. */
export type Words = { key: string; at: number; entry: Shown; pending: null } | { key: string; at: number; entry: null; pending: Pending };

export type Line =
  | { kind: 'day'; key: string; at: number }
  | { kind: 'fresh'; key: string }
  | { kind: 'notice'; key: string; entry: Entry }
  | { kind: 'group'; key: string; own: boolean; speaker: { kind: SpeakerKind; id: string; name: string }; words: Words[] };

/**
 * Entries in order of their numbers, then what waits in the order in which it was written. With `readTo`, a line stands
 * before the first of the other side's messages beyond it.
 */
export function linesOf(entries: readonly Shown[], pending: readonly Pending[], self: string, readTo: number | null = null): Line[] {
  const lines: Line[] = [];
  const day = days(lines);
  let fresh = readTo !== null;
  for (const entry of entries) {
    day(entry.at);
    if (fresh && isUnread(entry, readTo ?? 0)) {
      lines.push({ kind: 'fresh', key: 'fresh' });
      fresh = false;
    }
    if (entry.kind === 'message') add(lines, { key: keyOf(entry), at: entry.at, entry, pending: null }, entry.sender);
    else lines.push({ kind: 'notice', key: keyOf(entry), entry });
  }
  for (const waiting of pending) {
    if (waiting.command.t !== 'send') continue;
    day(waiting.at);
    const words = { key: waiting.command.cid, at: waiting.at, entry: null, pending: waiting };
    add(lines, words, { kind: 'visitor', id: self, name: '' });
  }
  return lines;
}

/** The cid where there is one, so that a bubble keeps its place when it is confirmed. */
function keyOf(entry: Entry): string {
  return entry.cid || entry.id;
}

function add(lines: Line[], words: Words, speaker: { kind: SpeakerKind; id: string; name: string }): void {
  const last = lines[lines.length - 1];
  if (last?.kind === 'group' && last.speaker.kind === speaker.kind && last.speaker.id === speaker.id) {
    const previous = last.words[last.words.length - 1];
    if (previous !== undefined && words.at - previous.at < GROUP_MS && last.words.length < GROUP_WORDS_MAX) {
      last.words.push(words);
      return;
    }
  }
  lines.push({ kind: 'group', key: words.key, own: speaker.kind === 'visitor', speaker, words: [words] });
}

/** Adds a line where a day begins; midnight is asked for once a day, not once a message. */
function days(lines: Line[]): (at: number) => void {
  let [from, to] = [Infinity, -Infinity];
  return (at) => {
    if (at >= from && at < to) return;
    from = midnight(at);
    to = midnight(from + LONGEST_DAY_MS);
    lines.push({ kind: 'day', key: `day-${at}`, at });
  };
}

/** The last own words that are confirmed: under them stands how far they got. */
export function lastOwn(entries: readonly Entry[]): Entry | null {
  for (let at = entries.length - 1; at >= 0; at -= 1) {
    const entry = entries[at];
    if (entry?.kind === 'message' && entry.sender.kind === 'visitor' && !entry.deleted) return entry;
  }
  return null;
}

/** How many messages of the other side lie beyond what was read. */
export function unreadOf(entries: readonly Entry[], read: number): number {
  return entries.filter((entry) => isUnread(entry, read)).length;
}

/** The newest quick replies, until the visitor has said something after them. */
export function openReplies(entries: readonly Entry[], pending: readonly Pending[]): { id: string; replies: readonly string[] } | null {
  if (pending.some(({ command }) => command.t === 'send')) return null;
  for (let at = entries.length - 1; at >= 0; at -= 1) {
    const entry = entries[at];
    if (entry?.kind !== 'message' || entry.deleted) continue;
    if (entry.sender.kind === 'visitor') return null;
    const replies = entry.content?.replies ?? [];
    if (replies.length > 0) return { id: entry.id, replies };
  }
  return null;
}

function isUnread({ kind, sender, seq }: Entry, read: number): boolean {
  return kind === 'message' && sender.kind !== 'visitor' && seq > read;
}
