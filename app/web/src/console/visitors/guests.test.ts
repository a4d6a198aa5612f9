import { expect, it } from 'vitest';
import type { Contact } from '../../kit/frames';
import { type Guest, fits } from './guests';

const contact = { id: 'c', number: 7, name: 'Lin', email: 'lin@example.com' } as Contact;
const guest: Guest = {
  contact, inbox_id: 'i1', url: 'https://shop.example/pots', title: 'Teapots', page_at: 2, since: 1, pages: 1,
  came_from: 'search.example', visits: 1, conversation_id: null, talking: false,
};
const all = { who: 'all', inbox: '', text: '' } as const;

it('shows everybody unless something is asked for', () => {
  expect(fits(guest, all)).toBe(true);
});

it('tells new ones from those who came again, and who is free', () => {
  expect(fits(guest, { ...all, who: 'fresh' })).toBe(true);
  expect(fits(guest, { ...all, who: 'back' })).toBe(false);
  expect(fits({ ...guest, visits: 2 }, { ...all, who: 'fresh' })).toBe(false);
  expect(fits({ ...guest, visits: 2 }, { ...all, who: 'back' })).toBe(true);
  expect(fits({ ...guest, talking: true }, { ...all, who: 'free' })).toBe(false);
});

it('narrows by inbox and by words of name, page and origin', () => {
  expect(fits(guest, { ...all, inbox: 'i2' })).toBe(false);
  for (const text of ['lin', 'TEAPOT', '/pots', 'search.ex', ' lin@ ']) expect(fits(guest, { ...all, text })).toBe(true);
  expect(fits(guest, { ...all, text: 'kettle' })).toBe(false);
});
