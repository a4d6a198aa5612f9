/** The desk's intents as its pages share them: names, titles, figures; what is not saved. */
import { type Signal, signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import { type Stored, listIntents, readThresholds } from './calls';
import { titled } from './model';

export class Book {
  readonly all: Signal<readonly Stored[] | null> = signal(null);
  readonly why = signal('');
  /** Something is changed and not saved: what is tried is what runs, not that. */
  readonly unsaved = signal(false);
  /** From which confidence it answers by itself; null where that is not known. */
  readonly answersFrom: Signal<number | null> = signal(null);
  /** Grows with what was taught, trained or saved here: pages that show figures ask again. */
  readonly round = signal(0);

  constructor(readonly desk: Desk) {}

  async load(): Promise<void> {
    try {
      this.all.value = await listIntents(this.desk);
      this.why.value = '';
    } catch (error) {
      this.why.value = reason(error);
    }
    if (this.desk.may('intents.manage'))
      readThresholds(this.desk).then(
        ({ answer }) => (this.answersFrom.value = answer),
        () => undefined, // a figure beside what is tried, no more
      );
  }

  /** Something is otherwise now. */
  changed(): void {
    this.round.value += 1;
    void this.load();
  }

  /** Handed on as it is, so it holds its book. */
  readonly titleOf = (name: string): string => {
    const held = this.all.value?.find(({ intent }) => intent.name === name);
    return held ? titled(held.intent.title, name) : name;
  };

  /** For lists to choose from, by title. */
  choices(): readonly { readonly value: string; readonly label: string }[] {
    return (this.all.value ?? [])
      .map(({ intent: { name, title } }) => ({ value: name, label: titled(title, name) }))
      .sort((one, other) => one.label.localeCompare(other.label));
  }
}

const Held = createContext<Book | null>(null);
export const BookProvider = Held.Provider;

export function useBook(): Book {
  const book = useContext(Held);
  if (book === null) throw new Error('outside of the pages of intents');
  return book;
}
