/** What is being typed before the caret that asks for a list: `/damaged`, `@周`. */

export interface Token {
  readonly sign: '/' | '@';
  readonly query: string;
  /** Where the sign stands. */
  readonly from: number;
  readonly to: number;
}

const QUERY_MAX = 40;

/** The token that the caret stands at the end of; a sign inside an address or a fraction is none. */
export function tokenAt(text: string, caret: number, signs: readonly Token['sign'][]): Token | null {
  const before = text.slice(Math.max(0, caret - QUERY_MAX - 1), caret);
  const found = /([/@])([^\s/@]*)$/u.exec(before);
  const sign = found?.[1] as Token['sign'] | undefined;
  if (!found || !sign || !signs.includes(sign)) return null;
  const from = caret - found[0].length;
  const previous = text.charAt(from - 1);
  if (previous !== '' && /[A-Za-z0-9_.:/@]/.test(previous)) return null;
  return { sign, query: found[2] ?? '', from, to: caret };
}

/** The text with the token replaced, and where the caret stands then. */
export function replaced(text: string, { from, to }: Token, by: string): { text: string; caret: number } {
  return { text: text.slice(0, from) + by + text.slice(to), caret: from + by.length };
}

interface Person {
  readonly id: string;
  readonly name: string;
}

/** Ids of those whom a note names behind an @; of names that begin alike the longest counts. */
export function mentioned(text: string, people: readonly Person[]): readonly string[] {
  const known = people.filter(({ name }) => name !== '').sort((one, other) => other.name.length - one.name.length);
  const ids = new Set<string>();
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const person = known.find(({ name }) => text.startsWith(name, at + 1));
    if (person) ids.add(person.id);
  }
  return [...ids];
}
