import { expect, it } from 'vitest';
import { lookOf } from './kept';

const LOOK = { color: '#006c78', ink: 'white', left: true, label: 'Chat', invitation: 'Questions?', seconds: 3, rules: [], open: true, pause: 24 };

it('wears a look as it is told', () => expect(lookOf(LOOK)).toEqual(LOOK));

it.each([
  { color: 'url(x)' }, { color: '#006c78;background:red' }, { color: 7 }, { ink: 'red' }, { ink: undefined },
])('takes no colour that is none: %j', (part) => expect(lookOf({ ...LOOK, ...part })).toEqual({ ...LOOK, color: '', ink: '' }));

it('takes nothing but text for text', () => {
  const odd = { label: { a: 1 }, invitation: 7, left: 'yes', seconds: -1 };
  expect(lookOf({ ...LOOK, ...odd })).toEqual({ ...LOOK, label: '', invitation: '', left: false, seconds: 0 });
  expect(lookOf(null)).toBeNull();
  expect(lookOf('look')).toBeNull();
});
