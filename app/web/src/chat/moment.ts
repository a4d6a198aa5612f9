import { clockTime } from '../kit/dates';
import { htmlLang, language } from '../kit/i18n';
import { h } from './homeWords';

const DAY_MS = 86_400_000;

/** `tomorrow at 09:00`, in the reader's own time; with the date where it is a week or more ahead. */
export function moment(at: number): string {
  return h().on(ahead(at), clockTime(at, language.value));
}

function ahead(at: number): string {
  const now = Date.now();
  const days = Math.round((new Date(at).setHours(0, 0, 0, 0) - new Date(now).setHours(0, 0, 0, 0)) / DAY_MS);
  const near = new Intl.RelativeTimeFormat(htmlLang(language.value), { numeric: 'auto' });
  if (days < 2) return near.format(days, 'day');
  return new Intl.DateTimeFormat(htmlLang(language.value), days < 7 ? { weekday: 'long' } : { weekday: 'long', month: 'long', day: 'numeric' }).format(at);
}
