import { expect, it } from 'vitest';
import { legible } from './paint';

it.each(['#006c78', '#1a1a1a', '#C0392B'])('takes %s, on which white can be read', (color) => {
  expect(legible(color)).toBe(true);
});

it.each(['#ffff00', '#7fd4c1', 'red', 'url(x)', '', '#12345', '#006c78;background:red'])('refuses %s', (color) => {
  expect(legible(color)).toBe(false);
});
