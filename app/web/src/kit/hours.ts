/** Opening hours as people read them. */
import { type Language, htmlLang } from './i18n';
import type { Period } from './inbox';

/** Some days with the same periods, as one line: `Mon–Fri`, `9:00–12:00, 13:00–18:00`. */
export interface HoursLine {
  days: string;
  times: string;
}

const MONDAY_MS = 345_600_000; // 5 January 1970; noon is looked at, so that no zone makes another day of it
const DAY_MS = 86_400_000;
const NOON_MS = 43_200_000;

/** `Mon` or `周一`; 1 is Monday. */
export function dayName(day: number, language: Language, width: 'short' | 'long' = 'short'): string {
  const names = new Intl.DateTimeFormat(htmlLang(language), { weekday: width, timeZone: 'UTC' });
  return names.format(MONDAY_MS + (day - 1) * DAY_MS + NOON_MS);
}

/** `1 Oct` or `10月1日` of `2026-10-01`, whatever the reader's zone. */
export function dateName(date: string, language: Language): string {
  const names = new Intl.DateTimeFormat(htmlLang(language), { month: 'short', day: 'numeric', timeZone: 'UTC' });
  return names.format(Date.parse(`${date}T12:00:00Z`));
}

/** `9:00`; the end of a day is `24:00`. */
export function minuteTime(minute: number): string {
  return `${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}`;
}

/** A week of periods as a sign at a door says it: days that follow each other with the same times are one line. */
export function hoursLines(periods: readonly Period[], language: Language): HoursLine[] {
  const runs: { from: number; to: number; times: string }[] = [];
  for (let day = 1; day <= 7; day += 1) {
    const times = periods
      .filter((period) => period.day === day)
      .map(({ opens, closes }) => `${minuteTime(opens)}–${minuteTime(closes)}`)
      .join(language === 'zh' ? '、' : ', ');
    const last = runs[runs.length - 1];
    if (times === '') continue;
    if (last !== undefined && last.times === times && last.to === day - 1) last.to = day;
    else runs.push({ from: day, to: day, times });
  }
  const until = language === 'zh' ? '至' : '–';
  return runs.map(({ from, to, times }) => ({
    days: from === to ? dayName(from, language) : `${dayName(from, language)}${until}${dayName(to, language)}`,
    times,
  }));
}
