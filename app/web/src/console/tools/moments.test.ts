import { describe, expect, it } from 'vitest';
import { fieldAt, momentAt } from './moments';

const at = (year: number, month: number, day: number, hour = 0, minute = 0): number =>
  new Date(year, month - 1, day, hour, minute).getTime();

describe('moments', () => {
  it('are so far from now', () => {
    const now = at(2026, 3, 4, 15, 20);
    expect(momentAt('hour', now)).toBe(at(2026, 3, 4, 16, 20));
    expect(momentAt('afternoon', now)).toBe(at(2026, 3, 4, 19, 20));
    expect(momentAt('tomorrow', now)).toBe(at(2026, 3, 5, 9));
    expect(momentAt('monday', now)).toBe(at(2026, 3, 9, 9));
  });
  it('on a Monday the next one is meant, and the last of a month is followed by the first', () => {
    expect(momentAt('monday', at(2026, 3, 2, 8))).toBe(at(2026, 3, 9, 9));
    expect(momentAt('tomorrow', at(2026, 12, 31, 23, 59))).toBe(at(2027, 1, 1, 9));
  });
  it('of a field are its own time, or none', () => {
    expect(fieldAt('2026-03-04T15:20')).toBe(at(2026, 3, 4, 15, 20));
    expect(fieldAt('')).toBeNull();
  });
});
