/** How long a password lasts, told by its length as the server's rules ask for: long sentences, no symbols. */

/** Quarters of the bar, and the word beside them. */
export type Strength = 0 | 1 | 2 | 3 | 4;

const GOOD_CHARACTERS = 16;
const STRONG_CHARACTERS = 20;
const DIFFERENT_MIN = 6;

/** 0: nothing written; 1: shorter than the server takes; 2 to 4: longer and longer. What repeats itself counts once. */
export function strength(password: string, charactersMin: number): Strength {
  const signs = [...password];
  if (signs.length === 0) return 0;
  if (signs.length < charactersMin || new Set(signs).size < DIFFERENT_MIN) return 1;
  if (signs.length < GOOD_CHARACTERS) return 2;
  return signs.length < STRONG_CHARACTERS ? 3 : 4;
}
