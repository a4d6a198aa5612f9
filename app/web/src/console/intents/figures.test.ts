import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { language } from '../../kit/i18n';
import { figuresOf } from './counted';
import { along, at, byCoverage, count, floorOf, lasted, percent, wilson } from './figures';

const CURVE = [
  { threshold: 0.5, coverage: 0.95, precision: 0.94 },
  { threshold: 0.9, coverage: 0.6, precision: 0.995 },
  { threshold: 0.8, coverage: 0.7, precision: 0.985 },
];

beforeEach(() => {
  language.value = 'en';
});
afterEach(() => {
  language.value = 'en';
});

describe('figures should', () => {
  it('be said as one says them', () => {
    expect([percent(0.9853), percent(1), percent(null), count(1482)]).toEqual(['98.5%', '100%', '–', '1,482']);
    expect([lasted(8.4), lasted(240), lasted(2_100), lasted(3_400_000)]).toEqual(['8.4 µs', '240 µs', '2.1 ms', '3.4 s']);
  });

  it('bound what few answers say', () => {
    expect(wilson(0, 0)).toBeNull();
    expect(wilson(10, 10)).toBeCloseTo(0.722, 3);
    expect(wilson(985, 1_000)).toBeCloseTo(0.9754, 3);
  });
});

describe('a threshold should', () => {
  it('be read at the nearest point', () => {
    expect(at(CURVE, 0.83).coverage).toBe(0.7);
  });

  it('move along the curve, and stay on it', () => {
    expect(along(CURVE, 0.8, 1).threshold).toBe(0.5);
    expect(along(CURVE, 0.8, -1).threshold).toBe(0.9);
    expect(along(CURVE, 0.9, -9).threshold).toBe(0.9);
    expect(byCoverage(CURVE).map(({ coverage }) => coverage)).toEqual([0.6, 0.7, 0.95]);
  });
});

it('the drawing leaves room below the worst', () => {
  expect(floorOf(CURVE)).toBeCloseTo(0.92);
  expect(floorOf([{ threshold: 0, coverage: 1, precision: 0.81 }])).toBeCloseTo(0.8);
});

it('an intent is told in answers, right and wrong', () => {
  const figures = figuresOf({
    queries: 40, accuracy: 0.9, coverage: 0.7, precision: 0.98, ece: 0.02, tiers: [], curve: [], confusion: [],
    per_intent: [{ intent: 'refund', support: 20, coverage: 0.8, precision: 0.9375 }],
  });
  expect(figures.get('refund')).toEqual({ asked: 20, answered: 16, right: 15, wrong: 1 });
  expect(figuresOf(null).size).toBe(0);
});
