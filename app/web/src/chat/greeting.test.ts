import { expect, it } from 'vitest';
import { type Greeting, PLAIN_WIDGET } from '../kit/inbox';
import { greetingOf } from './greeting';

const inbox = (...greetings: Greeting[]) => ({ greeting_en: 'Hello.', greeting_zh: '你好。', widget: { ...PLAIN_WIDGET, greetings } });
const pots: Greeting = { text: { en: 'About pots?', zh: '想了解茶壶？' }, page: '/pots*size=', language: 'any' };
const pay: Greeting = { text: { en: '', zh: '付款遇到问题？' }, page: '/pay', language: 'zh' };

it('is the first that fits the page and the language, else the own one of the inbox', () => {
  const all = inbox(pots, pay);
  expect(greetingOf(all, 'https://shop.example/pots?size=2', 'en')).toBe('About pots?');
  expect(greetingOf(all, 'https://shop.example/pots?size=2', 'zh')).toBe('想了解茶壶？');
  expect(greetingOf(all, 'https://shop.example/?size=2/pots', 'en')).toBe('Hello.');
  expect(greetingOf(all, 'https://shop.example/pay', 'en')).toBe('Hello.');
  expect(greetingOf(all, 'https://shop.example/pay', 'zh')).toBe('付款遇到问题？');
  expect(greetingOf(all, '', 'zh')).toBe('你好。');
});

it('is told in the other language where a rule for everybody has one alone', () => {
  const rule: Greeting = { text: { en: 'Sale.', zh: '' }, page: '', language: 'any' };
  expect(greetingOf(inbox(rule, pots), 'https://shop.example/pots?size=', 'zh')).toBe('Sale.');
});
