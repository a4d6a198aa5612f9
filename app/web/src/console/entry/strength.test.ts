import { expect, it } from 'vitest';
import { strength } from './strength';

it.each([
  ['', 0],
  ['short', 1],
  ['elevenchars', 1],
  ['twelve chars', 2],
  ['sixteen letters!', 3],
  ['a long enough sentence', 4],
  ['aaaaaaaaaaaaaaaaaaaaaaaa', 1],
  ['上善若水任方圆流水不争先天', 2],
] as const)('%s fills %i quarters', (password, quarters) => expect(strength(password, 12)).toBe(quarters));
