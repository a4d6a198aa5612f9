/** What is not confirmed yet, laid over what is. */
import type { Pending } from './outbox';
import type { Entry } from './thread';

/** An entry as its author has just changed it, before the server knows. */
export type Shown = Entry & { readonly changing?: boolean };

/** Entries with unconfirmed edits and take-backs applied; refused ones are not. */
export function amended(entries: readonly Entry[], pending: readonly Pending[]): readonly Shown[] {
  const changes = new Map<string, Pending>();
  for (const entry of pending) {
    if (entry.command.t !== 'send' && entry.refused === null) changes.set(entry.command.id, entry);
  }
  if (changes.size === 0) return entries;
  return entries.map((entry) => {
    const command = changes.get(entry.id)?.command;
    if (command?.t === 'edit') return { ...entry, text: command.text, changing: true };
    return command?.t === 'delete' ? { ...entry, text: '', files: [], content: null, deleted: true, changing: true } : entry;
  });
}
