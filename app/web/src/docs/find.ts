/** Finds sections of the manual by the words that were typed: in both languages, without a server. */

/** One section as the build writes it into the page (`docs.mjs`). `at`: its address, beside the page that asks. */
export interface Section {
  readonly at: string;
  /** Of the page it stands on. */
  readonly page: string;
  readonly title: string;
  readonly text: string;
}

export interface Found {
  readonly section: Section;
  /** Its text around the first match. */
  readonly excerpt: string;
}

const FOUND_MAX = 20;
const LEAD = 40;
const EXCERPT = 160;
const HAN = /[\u3400-\u9fff]/;
const WEIGHT = { page: 6, title: 10, text: 1 };
const COUNTED_MAX = 5;

/**
 * The words of a query as they are looked for. Chinese has no spaces, so a run that stands nowhere as it is is taken two
 * characters by two, as most of its words are long: 恢复备份 is found where 备份 and 恢复 are spoken of.
 */
export function wordsOf(query: string): readonly string[] {
  const runs = folded(query).match(/[\u3400-\u9fff]+|[^\s\u3400-\u9fff\p{P}][^\s\u3400-\u9fff]*/gu) ?? [];
  return runs.slice(0, 12);
}

/** The best sections first; none for a query without words. */
export function find(sections: readonly Section[], query: string): readonly Found[] {
  const words = wordsOf(query);
  if (words.length === 0) return [];
  const scored = sections.map((section, place) => ({ section, place, score: score(section, words) }));
  return scored
    .filter((one) => one.score > 0)
    .sort((one, other) => other.score - one.score || one.place - other.place)
    .slice(0, FOUND_MAX)
    .map(({ section }) => ({ section, excerpt: excerpt(section.text, words) }));
}

/** What to mark in a text: places of the words, in order, none within another. */
export function places(text: string, query: string): readonly [from: number, to: number][] {
  const lower = folded(text);
  if (lower.length !== text.length) return []; // folding may change a length: then nothing is marked
  const made: [number, number][] = [];
  for (const word of marks(lower, wordsOf(query)))
    for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + word.length)) made.push([at, at + word.length]);
  made.sort(([one, end], [other, otherEnd]) => one - other || otherEnd - end);
  return made.filter(([from], index) => made.slice(0, index).every(([, to]) => to <= from));
}

function score({ page, title, text }: Section, words: readonly string[]): number {
  const fields = { page: folded(page), title: folded(title), text: folded(text) };
  const whole = `${fields.page}\n${fields.title}\n${fields.text}`;
  let sum = 0;
  for (const word of words) {
    const parts = whole.includes(word) ? [word] : pairs(word);
    if (parts.length === 0 || !parts.every((part) => whole.includes(part))) return 0;
    for (const part of parts)
      for (const key of ['page', 'title', 'text'] as const)
        sum += (WEIGHT[key] * Math.min(COUNTED_MAX, fields[key].split(part).length - 1)) / parts.length;
  }
  return sum;
}

function excerpt(text: string, words: readonly string[]): string {
  const lower = folded(text);
  const starts = marks(lower, words).map((word) => lower.indexOf(word));
  const first = Math.max(0, (starts.length > 0 ? Math.min(...starts) : 0) - LEAD);
  const from = first === 0 ? 0 : first + (/^[^\s\u3400-\u9fff]*\s/.exec(text.slice(first, first + LEAD))?.[0].length ?? 0);
  const end = from + EXCERPT;
  return (from > 0 ? '…' : '') + text.slice(from, end).trim() + (end < text.length ? '…' : '');
}

/** The words, or their pairs, that stand in this text. */
function marks(lower: string, words: readonly string[]): readonly string[] {
  return words.flatMap((word) => (lower.includes(word) ? [word] : pairs(word).filter((pair) => lower.includes(pair))));
}

function pairs(word: string): readonly string[] {
  if (!HAN.test(word) || word.length < 3) return [];
  return Array.from({ length: Math.ceil(word.length / 2) }, (_, place) => word.slice(place * 2).slice(0, 2)).map((pair) =>
    pair.length === 2 ? pair : word.slice(-2),
  );
}

/** As it is compared. The dots at an excerpt's ends would become three, and every place behind them another one. */
function folded(text: string): string {
  return text.replace(/…/g, ' ').normalize('NFKC').toLowerCase();
}
