import { expect, it } from 'vitest';
import { inkOn, whiteOn } from './contrast';

it.each([
  ['#006e79', 'white'],
  ['#000000', 'white'],
  ['#ffffff', 'black'],
  ['#ffcc00', 'black'],
  ['#FF6900', 'black'],
  ['#767676', 'white'],
  ['#777777', 'black'],
  ['', null],
  ['red', null],
  ['#fff', null],
  ['url(x)', null],
  ['#006c78;background:red', null],
])('on %s text is %s', (color, ink) => expect(inkOn(color)).toBe(ink));

it('says how well white can be read', () => {
  expect(whiteOn('#000000')).toBeCloseTo(21, 5);
  expect(whiteOn('#ffffff')).toBeCloseTo(1, 5);
  expect(whiteOn('#777777')).toBeCloseTo(4.48, 2);
  expect(whiteOn('teal')).toBeNull();
});
