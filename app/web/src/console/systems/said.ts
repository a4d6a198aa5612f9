/** Figures of joined systems in words. */
import { type Language, htmlLang, language } from '../../kit/i18n';
import type { Condition, Source, Words } from './model';
import { t } from './words';

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const TONES: Readonly<Record<Condition, 'ok' | 'warn' | 'danger' | 'info' | 'line'>> = {
  off: 'line', starting: 'info', reading: 'info', waiting: 'ok', failing: 'warn', down: 'danger',
};

export function toneOf({ state }: Pick<Source, 'state'>) {
  return TONES[state];
}

/** In the page's language; where one of both is missing, the other. */
export function said({ en, zh }: Words): string {
  return language.value === 'zh' ? zh || en : en || zh;
}

/** `0.2 s`, `12 s`, `4 min`, `3 h`, `2 d`; a dash where it has no meaning. */
export function duration(seconds: number | null): string {
  if (seconds === null) return '–';
  const w = t();
  if (seconds < MINUTE) return w.seconds(figure(seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)));
  if (seconds < HOUR) return w.minutes(figure(Math.round(seconds / MINUTE)));
  if (seconds < DAY) return w.hours(figure(Math.round(seconds / HOUR)));
  return w.days(figure(Math.round(seconds / DAY)));
}

export function figure(number: number, digits = 1): string {
  return number.toLocaleString(htmlLang(language.value as Language), { maximumFractionDigits: digits });
}
