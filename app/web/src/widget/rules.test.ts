import { expect, it } from 'vitest';
import type { Rule } from './kept';
import { fitting } from './rules';

const rule: Rule = { id: 'a', text: { en: 'Questions?', zh: '' }, page: '', seconds: 5, event: '', who: 'all', when: 'any' };
const now = { href: 'https://shop.example/pots/red?size=2', seconds: 5, event: '', back: false };
const shows = (part: Partial<Rule>, moment: Partial<typeof now> = {}, open = true): boolean =>
  fitting({ rules: [{ ...rule, ...part }], open }, { ...now, ...moment }) !== undefined;

it('waits for its time on the page', () => {
  expect(shows({})).toBe(true);
  expect(shows({}, { seconds: 4 })).toBe(false);
});

it.each([
  ['', true], ['/pots', true], ['/pots/*size=', true], ['shop*red*2', true], ['*', true],
  ['/cart', false], ['red*pots', false], ['/pots/blue*', false],
])('is for pages like %s: %s', (page, fits) => expect(shows({ page })).toBe(fits));

it('comes at its event alone, whatever the time', () => {
  expect(shows({ event: 'cart' }, { event: 'cart', seconds: 0 })).toBe(true);
  expect(shows({ event: 'cart' })).toBe(false);
  expect(shows({ event: 'cart' }, { event: 'paid' })).toBe(false);
  expect(shows({}, { event: 'cart' })).toBe(false);
});

it('is for whom it is for', () => {
  expect([shows({ who: 'new' }), shows({ who: 'back' })]).toEqual([true, false]);
  expect([shows({ who: 'new' }, { back: true }), shows({ who: 'back' }, { back: true })]).toEqual([false, true]);
});

it('minds the opening hours', () => {
  expect([shows({ when: 'open' }), shows({ when: 'closed' })]).toEqual([true, false]);
  expect([shows({ when: 'open' }, {}, false), shows({ when: 'closed' }, {}, false)]).toEqual([false, true]);
});

it('takes the first that fits', () => {
  const rules = [{ ...rule, id: 'cart', page: '/cart' }, { ...rule, id: 'pots', page: '/pots' }, rule];
  expect(fitting({ rules, open: true }, now)?.id).toBe('pots');
});
