import { useEffect, useState } from 'preact/hooks';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import type { Checked } from './model';

const PAUSE_MS = 500;

export interface Told<T> {
  readonly answer: T | null;
  /** The answer is not of what is asked now yet. */
  readonly busy: boolean;
  readonly why: string;
}

/** What the server answers to this body, asked half a second after it changed last; null: nothing is asked. */
export function useAnswer<T>(desk: Desk, path: string, body: object | null): Told<T> {
  const [told, setTold] = useState<{ asked: string; answer: T | null; why: string }>({ asked: '', answer: null, why: '' });
  const asked = body === null ? '' : JSON.stringify(body);
  useEffect(() => {
    if (asked === '') return undefined;
    const aborter = new AbortController();
    const cancel = desk.clock.after(PAUSE_MS, () => {
      desk.api.post<T>(path, JSON.parse(asked) as object, { signal: aborter.signal }).then(
        (answer) => setTold({ asked, answer, why: '' }),
        (error: unknown) => aborter.signal.aborted || setTold((held) => ({ asked, answer: held.answer, why: reason(error) })),
      );
    });
    return () => {
      cancel();
      aborter.abort();
    };
  }, [path, asked]);
  return { answer: asked === '' ? null : told.answer, busy: asked !== '' && told.asked !== asked, why: told.why };
}

/** What is wrong with a document, while it is being written. */
export function useChecked(desk: Desk, yaml: string): Told<Checked> {
  return useAnswer<Checked>(desk, 'api/v1/sources/check', yaml.trim() === '' ? null : { yaml });
}

/** Whether it may run. */
export function isRight({ errors, cases }: Checked): boolean {
  return errors.length === 0 && cases.every(({ passed }) => passed);
}
