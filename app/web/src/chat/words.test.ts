import '../kit/testing/browser';
import { expect, it } from 'vitest';
import { language } from '../kit/i18n';
import { notice, speakIn, t } from './words';
import { words as english } from './words/en';
import { words as chinese } from './words/zh';

const shape = (table: object): unknown =>
  Object.fromEntries(Object.entries(table).sort().map(([name, word]) => [name, typeof word === 'object' && !Array.isArray(word) ? shape(word as object) : typeof word]));

it('has the same words in both languages', () => expect(shape(chinese)).toEqual(shape(english)));

it('speaks the language of the last wish, whichever comes first', async () => {
  await Promise.all([speakIn('zh'), speakIn('en')]);
  expect([language.value, t().send]).toEqual(['en', 'Send']);
  await speakIn('zh');
  expect([language.value, t().send]).toEqual(['zh', '发送']);
});

it.each([
  ['en', { event: 'joined', agent: 'Ann', waited_ms: '18000' }, 'Ann has joined · after 18 s'],
  ['en', { event: 'joined', agent: '' }, 'A colleague has joined'],
  ['zh', { event: 'joined', agent: '林', waited_ms: '240000' }, '林已接入 · 等了 4 分钟'],
  ['zh', { event: 'left_message', number: '7' }, '留言已收到，受理号 7'],
] as const)('words a notice in %s', async (spoken, data, said) => {
  await speakIn(spoken);
  expect(notice({ data } as never)).toBe(said);
});
