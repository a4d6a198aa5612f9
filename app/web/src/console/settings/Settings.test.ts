import '../../kit/testing/browser';
import { expect, it } from 'vitest';
import { parse } from '../state/router';
import { shown } from './Settings';

it('settings begin with the profile where list and page have room, with the list on a phone', () => {
  expect(shown(parse('settings', ''), true)).toBe('profile');
  expect(shown(parse('settings', ''), false)).toBeNull();
  expect(shown(parse('settings/teams', ''), true)).toBe('teams');
  expect(shown(parse('settings/teams', ''), false)).toBe('teams');
});
