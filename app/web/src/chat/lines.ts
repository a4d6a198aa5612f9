/** A thread as the screen draws it: days, notices, and groups of one speaker's words. Pure. */
import type { SpeakerKind } from '../kit/frames';
import type { Pending } from '../kit/outbox';
import { sameDay } from '../kit/dates';
import type { Entry } from '../kit/thread';

const GROUP_MS = 180_000;

/** One bubble: an entry the server holds, or one it has not confirmed. */
export type Words = { key: string; at: number; entry: Entry; pending: null } | { key: string; at: number; entry: null; pending: Pending };

export type Line =
  | { kind: 'day'; key: string; at: number }
  | { kind: 'notice'; key: string; entry: Entry }
  | { kind: 'group'; key: string; own: boolean; speaker: { kind: SpeakerKind; id: string; name: string }; words: Words[] };

/** Entries in order of their numbers, then what waits in the order in which it was written. */
export function linesOf(entries: readonly Entry[], pending: readonly Pending[], self: string): Line[] {
  const lines: Line[] = [];
  for (const entry of entries) {
    day(lines, entry.at);
    if (entry.kind === 'message') add(lines, { key: keyOf(entry), at: entry.at, entry, pending: null }, entry.sender);
    else lines.push({ kind: 'notice', key: keyOf(entry), entry });
  }
  for (const waiting of pending) {
    if (waiting.command.t !== 'send') continue;
    day(lines, waiting.at);
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
    if (previous !== undefined && words.at - previous.at < GROUP_MS) {
      last.words.push(words);
      return;
    }
  }
  lines.push({ kind: 'group', key: words.key, own: speaker.kind === 'visitor', speaker, words: [words] });
}

function day(lines: Line[], at: number): void {
  const last = lines[lines.length - 1];
  const before = last === undefined ? null : moment(last);
  if (before === null || !sameDay(before, at)) lines.push({ kind: 'day', key: `day-${at}`, at });
}

function moment(line: Line): number {
  if (line.kind === 'day') return line.at;
  if (line.kind === 'notice') return line.entry.at;
  return line.words[line.words.length - 1]?.at ?? 0;
}

/** The last own words that are confirmed: under them stands how far they got. */
export function lastOwn(entries: readonly Entry[]): Entry | null {
  const own = entries.filter(({ kind, sender, deleted }) => kind === 'message' && sender.kind === 'visitor' && !deleted);
  return own[own.length - 1] ?? null;
}

/** How many messages of the other side lie beyond what was read. */
export function unreadOf(entries: readonly Entry[], read: number): number {
  return entries.filter(({ kind, sender, seq }) => kind === 'message' && sender.kind !== 'visitor' && seq > read).length;
}
