import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { GROUPS, emojiOf, step } from './emoji';

it('every emoji is offered once', () => {
  const all = GROUPS.flatMap((group) => emojiOf(group));
  expect(new Set(all).size).toBe(all.length);
  for (const one of all) expect(one).toMatch(/^\p{Extended_Pictographic}\u{fe0f}?$|^[🆗🆕➕]$/u);
});

it.each([
  [0, 'ArrowRight', 1], [0, 'ArrowLeft', 0], [3, 'ArrowDown', 11], [19, 'ArrowDown', 19], [11, 'ArrowUp', 3], [3, 'ArrowUp', 3],
  [5, 'Home', 0], [5, 'End', 19], [19, 'ArrowRight', 19], [5, 'x', 5],
])('from %d %s leads to %d', (at, key, to) => expect(step(at, key, 8, 20)).toBe(to));

it('stands in one list for both sides', () => {
  const source = fileURLToPath(new URL('..', import.meta.url));
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
  const listing = files.filter((name) => /(\p{Emoji_Presentation} ){3}/u.test(readFileSync(`${source}/${name}`, 'utf8')));
  expect(listing).toEqual(['kit/emoji.ts']);
});
