/** Who is connected and who writes: no number, no history. */
import type { Presence, Snapshot, Writing } from '../../kit/frames';

export interface Online {
  readonly contacts: ReadonlySet<string>;
  readonly agents: ReadonlySet<string>;
}

export const NOBODY: Online = { contacts: new Set(), agents: new Set() };

export function snapshot({ contacts, agents }: Snapshot): Online {
  return { contacts: new Set(contacts), agents: new Set(agents) };
}

export function cameAndWent(online: Online, { kind, online: came = [], offline: went = [] }: Presence): Online {
  const place = kind === 'visitor' ? 'contacts' : 'agents';
  const next = new Set(online[place]);
  for (const id of came) next.add(id);
  for (const id of went) next.delete(id);
  return { ...online, [place]: next };
}

/** Somebody who writes, until `expires` (monotonic milliseconds). */
export interface Writer {
  readonly by: 'visitor' | 'agent';
  readonly id: string;
  readonly name: string;
  readonly text: string;
  readonly expires: number;
}

export type Writers = ReadonlyMap<string, readonly Writer[]>;
export const WRITING_MS = 6_000;

/** A writing frame at `now`: it replaces what the same person was said to write. */
export function wrote(writers: Writers, frame: Writing, now: number): Writers {
  const others = (writers.get(frame.conv) ?? []).filter(({ id }) => id !== frame.id);
  const by = frame.by === 'visitor' ? 'visitor' : 'agent';
  const writer: Writer = {
    by,
    id: frame.id,
    name: frame.name ?? '',
    text: frame.text ?? '',
    expires: now + WRITING_MS,
  };
  return placed(writers, frame.conv, frame.on ? [...others, writer] : others);
}

/** His words arrived: he no longer writes them. */
export function spoke(writers: Writers, conv: string, id: string): Writers {
  const held = writers.get(conv);
  if (!held?.some((writer) => writer.id === id)) return writers;
  return placed(
    writers,
    conv,
    held.filter((writer) => writer.id !== id),
  );
}

/** Without those who have been silent for six seconds. */
export function expired(writers: Writers, now: number): Writers {
  const next = new Map<string, readonly Writer[]>();
  let same = true;
  for (const [conv, held] of writers) {
    const still = held.filter(({ expires }) => expires > now);
    if (still.length > 0) next.set(conv, still);
    if (still.length !== held.length) same = false;
  }
  return same ? writers : next;
}

function placed(writers: Writers, conv: string, held: readonly Writer[]): Writers {
  const next = new Map(writers);
  if (held.length === 0) next.delete(conv);
  else next.set(conv, held);
  return next;
}

/** What a connected agent says of himself, as a dot. */
export function presenceOf(availability: string): 'online' | 'away' | 'offline' {
  return availability === 'away' || availability === 'offline' ? availability : 'online';
}
