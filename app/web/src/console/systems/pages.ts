import { useEffect, useState } from 'preact/hooks';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';

export interface Paged<T> {
  /** Null until the first page is here. */
  readonly rows: readonly T[] | null;
  readonly more: boolean;
  readonly why: string;
  readonly load: (further?: boolean) => void;
}

/** A list that comes page by page; `of` is what the answer calls its rows, `round` makes it come anew. */
export function usePages<T extends { readonly id: string }>(desk: Desk, path: string, of: string, round: unknown = 0): Paged<T> {
  const [held, setHeld] = useState<{ rows: readonly T[]; next: string | null } | null>(null);
  const [why, setWhy] = useState('');
  const load = (further = false): void => {
    setWhy('');
    const cursor = further && held?.next ? `?cursor=${encodeURIComponent(held.next)}` : '';
    desk.api.get<Record<string, unknown>>(`${path}${cursor}`).then(
      (answer) => {
        const rows = answer[of] as readonly T[];
        const before = further ? (held?.rows ?? []) : [];
        setHeld({ rows: [...before, ...rows.filter(({ id }) => !before.some((one) => one.id === id))], next: answer['next'] as string | null });
      },
      (error: unknown) => setWhy(reason(error)),
    );
  };
  useEffect(() => load(), [path, round]);
  return { rows: held?.rows ?? null, more: held !== null && held.next !== null, why, load };
}
