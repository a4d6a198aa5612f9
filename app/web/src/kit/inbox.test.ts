import { expect, it } from 'vitest';
import { dateName, hoursLines } from './hours';
import { type Period, type Reception, isAway, wording } from './inbox';

const office = (days: number[], ...times: [number, number][]): Period[] =>
  days.flatMap((day) => times.map(([opens, closes]) => ({ day, opens, closes })));

it('says a week as a sign at a door does', () => {
  const periods = [...office([1, 2, 3, 4, 5], [540, 720], [780, 1_080]), ...office([7], [600, 1_440])];
  expect(hoursLines(periods, 'en')).toEqual([
    { days: 'Mon–Fri', times: '9:00–12:00, 13:00–18:00' },
    { days: 'Sun', times: '10:00–24:00' },
  ]);
  expect(hoursLines(periods, 'zh')).toEqual([
    { days: '周一至周五', times: '9:00–12:00、13:00–18:00' },
    { days: '周日', times: '10:00–24:00' },
  ]);
});

it('names a day whatever the zone of the reader is', () => {
  expect(dateName('2026-10-01', 'zh')).toBe('10月1日');
  expect(dateName('2026-01-31', 'en')).toMatch(/31 Jan|Jan 31/u);
});

it('does not join days that a closed one parts', () => {
  expect(hoursLines(office([1, 3], [540, 600]), 'en').map(({ days }) => days)).toEqual(['Mon', 'Wed']);
  expect(hoursLines([], 'en')).toEqual([]);
});

it('takes the other language where one is missing', () => {
  expect(wording({ en: 'Hello', zh: '' }, 'zh')).toBe('Hello');
  expect(wording({ en: 'Hello', zh: '你好' }, 'zh')).toBe('你好');
  expect(wording({ en: '', zh: '' }, 'en')).toBe('');
});

const there: Reception = { open: true, changes_at: null, online: 1, faces: [], reply_seconds: null };

it('offers the form only where it is wanted and nobody can come', () => {
  expect(isAway({ away: 'form' }, there)).toBe(false);
  expect(isAway({ away: 'form' }, { ...there, open: false })).toBe(true);
  expect(isAway({ away: 'form' }, { ...there, online: 0 })).toBe(true);
  expect(isAway({ away: 'chat' }, { ...there, open: false, online: 0 })).toBe(false);
});
