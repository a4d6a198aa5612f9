import { describe, expect, it } from 'vitest';
import { type CannedReply, type Facts, filled, matching, textIn, unfilled } from '../state/canned';
import { mentioned, replaced, tokenAt } from './token';

const token = (text: string, signs: readonly ('/' | '@')[] = ['/', '@']) => {
  const found = tokenAt(text, text.length, signs);
  return found && `${found.sign}${found.query}@${found.from}`;
};

describe('what is typed before the caret', () => {
  it.each([
    ['/', '/@0'],
    ['/破损', '/破损@0'],
    ['好的 /dam', '/dam@3'],
    ['好的/破损', '/破损@2'],
    ['@周', '@周@0'],
    ['请问@周可', '@周可@2'],
    ['http://shop', null],
    ['1/2', null],
    ['mail@shop', null],
    ['/ dam', null],
    ['and/or', null],
    [`/${'x'.repeat(60)}`, null],
  ])('%s', (text, found) => expect(token(text)).toBe(found));

  it('asks for what the field offers alone', () => {
    expect(token('@周', ['/'])).toBeNull();
    expect(tokenAt('/dam now', 4, ['/'])?.query).toBe('dam');
  });

  it('is replaced where it stands, and what follows it stays', () => {
    const text = 'ok /dam now';
    const found = tokenAt(text, 7, ['/']);
    expect(found && replaced(text, found, 'Keep it')).toEqual({ text: 'ok Keep it now', caret: 10 });
  });
});

describe('mentions', () => {
  const people = [
    { id: 'a', name: '周可' },
    { id: 'b', name: '周可可' },
    { id: 'c', name: 'Hannah Reed' },
  ];
  it.each([
    ['@周可可 看一下', ['b']],
    ['@周可，@Hannah Reed and @周可', ['a', 'c']],
    ['mail me @ noon, @nobody', []],
    ['周可', []],
  ])('%s', (text, ids) => expect(mentioned(text, people)).toEqual(ids));
});

function reply(change: Partial<CannedReply>): CannedReply {
  return {
    id: change.shortcut ?? '',
    shortcut: '',
    title: '',
    text_en: '',
    text_zh: '',
    scope: 'all',
    owner_id: '',
    team_id: null,
    created_at: 0,
    updated_at: 0,
    used: 0,
    ...change,
  };
}

describe('canned replies', () => {
  const replies = [
    reply({ shortcut: 'text', text_zh: '破损', used: 900 }),
    reply({ shortcut: 'title', title: '破损登记', used: 5 }),
    reply({ shortcut: '破损登记', used: 1 }),
    reply({ shortcut: '破损', used: 0 }),
    reply({ shortcut: 'title2', title: '关于破损', used: 50 }),
    reply({ shortcut: 'other', title: 'Refund' }),
  ];
  it('are found by shortcut, title and text, the more used first', () => {
    expect(matching(replies, '破损').map(({ shortcut }) => shortcut)).toEqual(['破损', '破损登记', 'title2', 'title', 'text']);
    expect(matching(replies, 'REF').map(({ shortcut }) => shortcut)).toEqual(['other']);
    expect(matching(replies, '').map(({ used }) => used)).toEqual([900, 50, 5, 1, 0, 0]);
  });

  const facts: Facts = { 'contact.name': '林', 'contact.email': '', 'contact.phone': '', 'agent.name': '周可', 'inbox.name': '' };
  it('are filled with what is known, and say what is not', () => {
    expect(filled('{{contact.name}}好，{{ agent.name }}', facts)).toBe('林好，周可');
    expect(filled('{{contact.email|your mail}} {{contact.phone}}', facts)).toBe('your mail {{contact.phone}}');
    expect(filled('{{contact.email|}}.', facts)).toBe('.');
    expect([unfilled('call {{contact.phone}}'), unfilled('{{x}} {{}} {a}')]).toEqual(['{{contact.phone}}', null]);
  });

  it('speak the customer’s language, else the other', () => {
    const both = reply({ text_en: 'Hello', text_zh: '你好' });
    expect([textIn(both, 'zh-CN'), textIn(both, 'en'), textIn(both, 'de')]).toEqual(['你好', 'Hello', 'Hello']);
    expect([textIn(reply({ text_zh: '你好' }), 'en'), textIn(reply({ text_en: 'Hi' }), 'zh')]).toEqual(['你好', 'Hi']);
  });
});
