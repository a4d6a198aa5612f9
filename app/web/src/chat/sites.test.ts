import { expect, it } from 'vitest';
import { isOfSite } from './sites';

const CASES: [site: string, origin: string, is: boolean][] = [
  ['https://shop.example', 'https://shop.example', true],
  ['https://shop.example', 'http://shop.example', false],
  ['http://shop.example', 'https://shop.example', true],
  ['https://shop.example', 'https://shop.example:8443', false],
  ['https://shop.example:8443', 'https://shop.example:8443', true],
  ['https://shop.example:8443', 'https://shop.example', false],
  ['https://shop.example', 'https://www.shop.example', false],
  ['https://shop.example', 'https://shop.example.evil.example', false],
  ['https://shop.example', 'https://evilshop.example', false],
  ['https://*.shop.example', 'https://www.shop.example', true],
  ['https://*.shop.example', 'https://a.b.shop.example', true],
  ['https://*.shop.example', 'https://shop.example', false],
  ['https://*.shop.example', 'https://evilshop.example', false],
  ['https://*.shop.example:8443', 'https://www.shop.example:8443', true],
  ['https://*.shop.example', 'https://www.shop.example:8443', false],
  ['https://shop.example', 'null', false],
  ['https://shop.example', '', false],
  ['nonsense', 'https://shop.example', false],
];

it.each(CASES)('%s and a page of %s: %s', (site, origin, is) => {
  expect(isOfSite(origin, [site])).toBe(is);
  expect(isOfSite(origin, ['https://other.example', site])).toBe(is);
});

it('no sites named: a page of any', () => {
  expect(isOfSite('https://shop.example', [])).toBe(true);
  expect(isOfSite('null', [])).toBe(true);
});
