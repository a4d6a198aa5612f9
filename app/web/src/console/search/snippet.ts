/** The part of a text around what was searched for. */

export interface Piece {
  readonly text: string;
  readonly match: boolean;
}

/** As much as stands before the match on a phone too; a Chinese character takes two. */
const LEAD_COLUMNS = 24;

/** The text from a little before the first match on, cut into matching and other pieces; case does not matter. */
export function marked(text: string, query: string): readonly Piece[] {
  const words = query.toLowerCase().split(/\s+/u).filter(Boolean);
  const line = text.replace(/\s+/gu, ' ');
  const lower = line.toLowerCase();
  // Lower-casing may change a text's length (İ): then nothing is marked rather than the wrong letters.
  if (words.length === 0 || lower.length !== line.length) return [{ text: line, match: false }];
  const first = Math.min(...words.map((word) => lower.indexOf(word)).filter((place) => place >= 0));
  const from = Number.isFinite(first) ? beginning(line, first) : 0;
  const made: Piece[] = from > 0 ? [{ text: '…', match: false }] : [];
  for (let place = from; place < line.length; ) {
    const next = nearest(lower, words, place);
    if (next === null) {
      made.push({ text: line.slice(place), match: false });
      break;
    }
    if (next.at > place) made.push({ text: line.slice(place, next.at), match: false });
    made.push({ text: line.slice(next.at, next.at + next.length), match: true });
    place = next.at + next.length;
  }
  return made;
}

function beginning(line: string, first: number): number {
  let from = first;
  for (let left = LEAD_COLUMNS; from > 0; from -= 1) {
    left -= /[\u1100-\uffff]/u.test(line.charAt(from - 1)) ? 2 : 1;
    if (left < 0) break;
  }
  // Never between the halves of a character, nor inside a word of letters that a space ends before the match.
  if (/[\udc00-\udfff]/u.test(line.charAt(from))) return from + 1;
  const rest = from > 0 && /^[\p{Script=Latin}\d'’-]+ /u.exec(line.slice(from - 1, first));
  return rest && from - 1 + rest[0].length < first ? from - 1 + rest[0].length : from;
}

function nearest(text: string, words: readonly string[], from: number): { at: number; length: number } | null {
  let best: { at: number; length: number } | null = null;
  for (const word of words) {
    const at = text.indexOf(word, from);
    if (at >= 0 && (best === null || at < best.at || (at === best.at && word.length > best.length)))
      best = { at, length: word.length };
  }
  return best;
}
