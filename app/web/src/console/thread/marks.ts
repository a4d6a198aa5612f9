/** What stands out in a text: words that are searched for, colleagues who are named. */

export interface Part {
  readonly text: string;
  readonly as: 'plain' | 'match' | 'name';
}

/** Cuts a text at the words of `query` (case does not matter) and at `@` with one of `named`. */
export function cut(text: string, query: string, named: readonly string[]): readonly Part[] {
  const lower = text.toLowerCase();
  // Lower-casing may change a text's length (İ): then no word is marked rather than the wrong letters.
  const words = lower.length === text.length ? query.toLowerCase().split(/\s+/u).filter(Boolean) : [];
  const names = named.filter(Boolean).map((name) => `@${name}`);
  if (words.length === 0 && names.length === 0) return [{ text, as: 'plain' }];
  const made: Part[] = [];
  let from = 0;
  for (let place = 0; place < text.length; ) {
    const found = longest(lower, words, place, 'match') ?? longest(text, names, place, 'name');
    if (!found) {
      place += 1;
      continue;
    }
    if (place > from) made.push({ text: text.slice(from, place), as: 'plain' });
    made.push({ text: text.slice(place, place + found.length), as: found.as });
    place += found.length;
    from = place;
  }
  if (from < text.length) made.push({ text: text.slice(from), as: 'plain' });
  return made;
}

function longest(text: string, wanted: readonly string[], place: number, as: 'match' | 'name') {
  let length = 0;
  for (const one of wanted) if (one.length > length && text.startsWith(one, place)) length = one.length;
  return length > 0 ? { length, as } : null;
}
