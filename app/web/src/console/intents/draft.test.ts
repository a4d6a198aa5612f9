import { describe, expect, it } from 'vitest';
import { duplicates, faultOf, guessed, keyOf, merged, moved, nameOf, pasted, same, variables } from './draft';
import { type Intent, type Phrase, emptyIntent } from './model';

const phrase = (text: string): Phrase => ({ text, language: 'en', origin: 'own' });
const base: Intent = { ...emptyIntent('track_order', { en: 'Track an order' }), phrases: [phrase('where is my order'), phrase('track it')] };

describe('a change that meets another one should', () => {
  it('keep what either did where they did not touch the same', () => {
    const mine = { ...base, enabled: false };
    const theirs = { ...base, title: { en: 'Order status' } };
    expect(merged(base, mine, theirs)).toEqual({ intent: { ...base, enabled: false, title: { en: 'Order status' } }, both: [] });
  });

  it('name what both changed, and keep mine until it is decided', () => {
    const mine = { ...base, title: { en: 'Mine' } };
    const theirs = { ...base, title: { en: 'Theirs' } };
    expect(merged(base, mine, theirs)).toEqual({ intent: mine, both: ['title'] });
  });

  it('name nothing where both did the same', () => {
    const mine = { ...base, title: { zh: '查订单', en: 'Same' } };
    const theirs = { ...base, title: { en: 'Same', zh: '查订单' } };
    expect(merged(base, mine, theirs).both).toEqual([]);
  });
});

describe('pasted lines should', () => {
  it('become phrases once each, in their language', () => {
    const { added, known, tooLong } = pasted(`Track it!\n\n 我的订单到哪了 \nnew one\nNEW ONE\n${'x'.repeat(501)}`, base.phrases, 'guess');
    expect(added).toEqual([
      { text: '我的订单到哪了', language: 'zh', origin: 'own' },
      { text: 'new one', language: 'en', origin: 'own' },
    ]);
    expect([known, tooLong]).toEqual([2, 1]);
  });

  it('be guessed by their letters', () => {
    expect(['iPhone 壳', '我要 refund', 'refund please', '123', 'why is 退款 so slow'].map(guessed)).toEqual(['zh', 'zh', 'en', 'en', 'en']);
  });
});

it('phrases are the same whatever their width, case and stops', () => {
  expect(keyOf('Ｗhere，is  my Order？')).toBe(keyOf('where is my order'));
  expect([...duplicates([phrase('a b'), phrase('A, b!'), phrase('c')])]).toEqual([1]);
});

it('an entry is moved to a place, and nowhere beyond the ends', () => {
  expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
  expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
  expect(moved(['a', 'b'], 1, 2)).toEqual(['a', 'b']);
});

it('a name is made of a title where that has Latin letters', () => {
  expect([' Track an order? ', '3 wishes', '查物流'].map(nameOf)).toEqual(['track_an_order', 'wishes', '']);
});

it('the first fault is named with its place', () => {
  expect(faultOf(base)).toBeNull();
  const slot = { name: 'order_no', kind: 'order_no' as const, ask: {}, again: {}, choices: [], required: true, tries: 2 };
  expect(faultOf({ ...base, slots: [slot, slot] })).toEqual({ part: 'slots', index: 1, what: 'twice' });
  expect(faultOf({ ...base, slots: [{ ...slot, kind: 'choice' }] })).toEqual({ part: 'slots', index: 0, what: 'choices' });
  expect(faultOf({ ...base, cases: [{ text: ' ', intent: '' }] })).toEqual({ part: 'cases', index: 0, what: 'empty' });
});

it('a reply may use what is asked for and looked up', () => {
  const slot = { name: 'order_no', kind: 'order_no' as const, ask: {}, again: {}, choices: [], required: true, tries: 2 };
  expect(variables({ ...base, slots: [slot], actions: [{ do: 'records.look_up', kind: 'order', slot: 'order_no', missing: {} }] })).toEqual([
    'contact.name', 'slot.order_no', 'record.id', 'record.status',
  ]);
});

it('two values are the same whatever the order of their keys', () => {
  expect(same({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toBe(true);
  expect(same([1, 2], [2, 1])).toBe(false);
});
