import { expect, it } from 'vitest';
import { parse } from './router';

it.each([
  ['', '', { page: 'desk', conversation: null, message: null }],
  ['c/abc', '', { page: 'desk', conversation: 'abc', message: null }],
  ['c/abc', '?m=17', { page: 'desk', conversation: 'abc', message: 17 }],
  ['c/abc', '?m=x', { page: 'desk', conversation: 'abc', message: null }],
  ['sign-in', '', { page: 'sign-in' }],
  ['setup', '', { page: 'set-up' }],
  ['settings', '', { page: 'settings', section: null, item: null }],
  ['settings/teams', '', { page: 'settings', section: 'teams', item: null }],
  ['settings/sources/our-mall', '', { page: 'settings', section: 'sources', item: 'our-mall' }],
  ['settings/nothing', '', { page: 'settings', section: null, item: null }],
  ['elsewhere', '', { page: 'desk', conversation: null, message: null }],
])('%s%s', (path, query, route) => {
  expect(parse(path, query)).toEqual(route);
});
