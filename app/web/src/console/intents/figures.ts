/** Figures of intents in words, and what a threshold would mean. */
import { htmlLang, language } from '../../kit/i18n';

/** `98.5 %`; a dash where there is none. */
export function percent(share: number | null | undefined, digits = 1): string {
  if (share === null || share === undefined || Number.isNaN(share)) return '–';
  return share.toLocaleString(htmlLang(language.value), { style: 'percent', maximumFractionDigits: digits });
}

export function count(number: number): string {
  return number.toLocaleString(htmlLang(language.value));
}

/** `240 µs`, `2.1 ms`, `3.4 s`. */
export function lasted(microseconds: number): string {
  const said = (value: number): string => value.toLocaleString(htmlLang(language.value), { maximumFractionDigits: value < 10 ? 1 : 0 });
  if (microseconds < 1_000) return `${said(microseconds)} µs`;
  if (microseconds < 1_000_000) return `${said(microseconds / 1_000)} ms`;
  return `${said(microseconds / 1_000_000)} s`;
}

/** The lowest that the true share is, 19 times of 20, where `right` of `all` were seen (Wilson); null where none was. */
export function wilson(right: number, all: number): number | null {
  if (all === 0) return null;
  const z2 = Z_95 * Z_95;
  const share = right / all;
  const middle = share + z2 / (2 * all);
  const spread = Z_95 * Math.sqrt((share * (1 - share) + z2 / (4 * all)) / all);
  return (middle - spread) / (1 + z2 / all);
}

const Z_95 = 1.96;

/** What is answered, and how much of that is right, where only what is at least this confident is answered. */
export interface Point {
  readonly threshold: number;
  readonly coverage: number;
  readonly precision: number;
}

/** The point whose threshold is nearest; the curve has at least one. */
export function at(curve: readonly Point[], threshold: number): Point {
  return curve.reduce((best, point) => (Math.abs(point.threshold - threshold) < Math.abs(best.threshold - threshold) ? point : best));
}

/** The point `steps` further along the curve towards more coverage, no further than its end. */
export function along(curve: readonly Point[], threshold: number, steps: number): Point {
  const ordered = byCoverage(curve);
  const here = ordered.indexOf(at(ordered, threshold));
  return ordered[Math.min(ordered.length - 1, Math.max(0, here + steps))] as Point;
}

export function byCoverage(curve: readonly Point[]): readonly Point[] {
  return [...curve].sort((one, other) => one.coverage - other.coverage || other.threshold - one.threshold);
}

/** The lowest precision that the drawing has room for: a whole step of four points below the worst. */
export function floorOf(curve: readonly Point[]): number {
  const worst = Math.min(...curve.map(({ precision }) => precision), FLOOR_MAX);
  return Math.max(0, Math.floor(worst / STEP) * STEP);
}

const STEP = 0.04;
const FLOOR_MAX = 0.92;
