import { useEffect, useRef, useState } from 'preact/hooks';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';

const EVERY_MS = 5_000;

export interface Polled<T> {
  /** What was told last, also while asking again fails. */
  readonly answer: T | null;
  /** Why the last asking failed; empty where it did not. */
  readonly why: string;
  readonly again: () => void;
}

/** What the server says at this path, asked again every five seconds while the page is looked at. */
export function usePolled<T>(desk: Desk, path: string, everyMs = EVERY_MS): Polled<T> {
  const [state, setState] = useState<{ path: string; answer: T | null; why: string }>({ path, answer: null, why: '' });
  const ask = useRef<() => void>(() => undefined);
  useEffect(() => {
    const aborter = new AbortController();
    let cancel = (): void => undefined;
    const next = (): void => {
      cancel = desk.clock.after(everyMs, () => (document.visibilityState === 'visible' ? ask.current() : next()));
    };
    ask.current = () => {
      cancel();
      desk.api.get<T>(path, { signal: aborter.signal }).then(
        (answer) => setState({ path, answer, why: '' }),
        (error: unknown) =>
          aborter.signal.aborted || setState((held) => ({ path, answer: held.path === path ? held.answer : null, why: reason(error) })),
      ).finally(() => aborter.signal.aborted || next());
    };
    ask.current();
    return () => {
      aborter.abort();
      cancel();
    };
  }, [path]);
  const known = state.path === path;
  return { answer: known ? state.answer : null, why: known ? state.why : '', again: () => ask.current() };
}
