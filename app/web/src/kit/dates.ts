/** Times and sizes for people, in the page's language. */
import { type Language, htmlLang } from './i18n';

const DAY_MS = 86_400_000;
const CLOCK: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
const made = new Map<string, Intl.DateTimeFormat>();

/** Kept: to make one takes as long as a hundred uses of it, and a thread shows hundreds of times. */
function formatter(language: Language, name: string, shape: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${name}`;
  const held = made.get(key) ?? new Intl.DateTimeFormat(htmlLang(language), shape);
  made.set(key, held);
  return held;
}

/** `10:07`. */
export function clockTime(at: number, language: Language): string {
  return formatter(language, 'clock', CLOCK).format(at);
}

/** Today, yesterday, else the date; the year only where it is another. */
export function dayLabel(at: number, now: number, language: Language): string {
  const days = Math.round((midnight(now) - midnight(at)) / DAY_MS);
  if (days === 0) return language === 'zh' ? '今天' : 'Today';
  if (days === 1) return language === 'zh' ? '昨天' : 'Yesterday';
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const shape: Intl.DateTimeFormatOptions = { month: language === 'zh' ? 'long' : 'short', day: 'numeric' };
  if (sameYear) return formatter(language, 'day', shape).format(at);
  return formatter(language, 'year', { ...shape, year: 'numeric' }).format(at);
}

/** Whether two moments lie on the same local day. */
export function sameDay(one: number, other: number): boolean {
  return midnight(one) === midnight(other);
}

/** The full date and time, for titles. */
export function fullTime(at: number, language: Language): string {
  return formatter(language, 'time', { dateStyle: 'long', timeStyle: 'medium' }).format(at);
}

/** The full date, for sentences. */
export function fullDay(at: number, language: Language): string {
  return formatter(language, 'date', { dateStyle: 'long' }).format(at);
}

/** `1.4 MB`, `320 kB`. */
export function fileSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1_000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** When the local day of a moment began. */
export function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
