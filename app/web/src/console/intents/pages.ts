import { useEffect, useRef, useState } from 'preact/hooks';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';

/** Rows that come page by page, each from behind the last one seen; `of` is what the answer calls them, `round` makes them come anew. */
export function useBefore<T extends { readonly id: string }>(desk: Desk, path: string, of: string, round: unknown = 0) {
  const [held, setHeld] = useState<{ readonly rows: readonly T[]; readonly next: string | null } | null>(null);
  const [why, setWhy] = useState('');
  const turn = useRef(0);
  const load = (further = false): void => {
    const mine = (turn.current += 1);
    const before = further && held?.next ? `?before=${encodeURIComponent(held.next)}` : '';
    setWhy('');
    desk.api.get<Record<string, unknown>>(`${path}${before}`).then(
      (answer) => {
        if (mine !== turn.current) return;
        const rows = answer[of] as readonly T[];
        setHeld({ rows: further && held ? [...held.rows, ...rows] : rows, next: answer['next'] as string | null });
      },
      (error: unknown) => mine === turn.current && setWhy(reason(error)),
    );
  };
  useEffect(() => load(), [path, round]);
  return { rows: held?.rows ?? null, more: held !== null && held.next !== null, why, load };
}
