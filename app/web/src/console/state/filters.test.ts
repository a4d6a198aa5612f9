import { describe, expect, it } from 'vitest';
import { contact, row } from '../testing';
import { EVERYTHING, type Filters, fromQuery, narrowing, passes, withFilters, withoutNarrowing } from './filters';

const SOME: Filters = {
  view: 'all',
  sort: 'newest',
  inbox: 'i1',
  team: 't1',
  assignee: 'a1',
  language: 'zh',
  tag: 'g1',
  priority: '4',
  reason: 'spam',
  unread: true,
};

describe('the address', () => {
  it('holds what was chosen and nothing else', () => {
    expect(withFilters('', EVERYTHING)).toBe('');
    expect(fromQuery(withFilters('', SOME))).toEqual(SOME);
  });
  it('keeps what else it says', () => {
    expect(withFilters('?m=17&view=resolved', EVERYTHING)).toBe('?m=17');
  });
  it.each(['?view=none&sort=up', '?inbox=&team=a%20b&language=%3Cb%3E', '?unread=yes'])('%s says nothing', (query) => {
    expect(fromQuery(query)).toEqual(EVERYTHING);
  });
  it('is narrowed by eight things', () => {
    expect(narrowing(SOME)).toBe(8);
    expect(withoutNarrowing(SOME)).toEqual({ ...EVERYTHING, view: 'all', sort: 'newest' });
  });
});

describe('a row', () => {
  const one = {
    ...row('c', { inbox_id: 'i1', team_id: 't1', assignee_id: 'a1', tags: ['g1'], priority: 4, close_reason: 'spam' }, 1),
    contact: { ...contact('p'), language: 'zh-CN' },
  };
  it('passes where everything fits', () => expect(passes(one, SOME)).toBe(true));
  it.each([{ inbox: 'x' }, { team: 'x' }, { assignee: 'x' }, { language: 'en' }, { tag: 'x' }, { priority: '1' }, { reason: 'solved' }])('not by %j', (change) => {
    expect(passes(one, { ...SOME, ...change })).toBe(false);
  });
  it('not when it was read', () => expect(passes({ ...one, unread: 0 }, SOME)).toBe(false));
});
