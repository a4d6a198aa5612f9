import { createContext } from 'preact';
import { useContext, useEffect } from 'preact/hooks';

/** What a form was refused for, and which of its fields is to be changed; an empty `field` for none in particular. */
export interface Refused {
  readonly field: string;
  readonly why: string;
}

export interface FormRefusal {
  readonly refused: Refused | null;
  /** A field of this name is shown, and says itself why it is refused; call the answer when it is gone. */
  claim(field: string): () => void;
  forget(): void;
}

export const RefusalOfForm = createContext<FormRefusal | null>(null);

/** Why the form was refused, for the field that the request calls `field`, and what forgets it. */
export function useRefusal(field: string | undefined): { why: string | undefined; forget: () => void } {
  const form = useContext(RefusalOfForm);
  useEffect(() => (form !== null && field !== undefined ? form.claim(field) : undefined), [field]);
  const mine = form?.refused?.field === field ? form?.refused : null;
  return { why: mine?.why, forget: () => mine && form?.forget() };
}
