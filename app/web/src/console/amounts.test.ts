import { expect, it } from 'vitest';
import { amount } from './amounts';

it.each([
  [0, '0 KiB'],
  [320_000, '313 KiB'],
  [536_870_912, '512 MiB'],
  [2_040_109_466, '1.9 GiB'],
  [33_285_996_544, '31 GiB'],
  [2_199_023_255_552, '2 TiB'],
])('%i bytes are %s', (bytes, text) => expect(amount(bytes)).toBe(text));
