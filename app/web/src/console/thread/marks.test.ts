import { expect, it } from 'vitest';
import { goal } from './keys';
import { cut } from './marks';

const shape = (text: string, query: string, named: readonly string[] = []) =>
  cut(text, query, named)
    .map(({ text: part, as }) => (as === 'plain' ? part : `[${as} ${part}]`))
    .join('');

it.each([
  ['我要退款，退款', '退款', '我要[match 退款]，[match 退款]'],
  ['Refund or REFUND', 'refund', '[match Refund] or [match REFUND]'],
  ['a refund comes', 'comes refund', 'a [match refund] [match comes]'],
  ['nothing here', '退款', 'nothing here'],
  ['İ refund', 'refund', 'İ refund'],
  ['all', '', 'all'],
])('%s searched for %s', (text, query, marked) => expect(shape(text, query)).toBe(marked));

it('lets the longest name stand out, and names nobody who was not named', () => {
  expect(shape('@周可 ask @周可可 or @陈默', '', ['周可', '周可可'])).toBe('[name @周可] ask [name @周可可] or @陈默');
});

it('walks from message to message and no further than the ends', () => {
  expect([goal('ArrowUp', null, 5), goal('ArrowUp', 0, 5), goal('ArrowDown', 4, 5), goal('ArrowDown', 1, 5)]).toEqual([4, 0, 4, 2]);
  expect([goal('Home', 3, 5), goal('End', 1, 5), goal('ArrowDown', null, 5), goal('x', 1, 5), goal('ArrowUp', null, 0)]).toEqual([0, 4, null, null, null]);
});
