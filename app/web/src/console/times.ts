/** Moments and durations as the console shows them. */
import { clockTime, dayLabel, sameDay } from '../kit/dates';
import { language } from '../kit/i18n';

/** `0:41`, `12:05`, `3:02:11`: how long something lasts. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const tail = String(seconds % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}

/** A waiting time short enough for a list: `0:41`, then whole hours, then days. */
export function waiting(milliseconds: number): string {
  const hours = Math.floor(milliseconds / 3_600_000);
  if (hours < 1) return duration(milliseconds);
  const chinese = language.value === 'zh';
  if (hours < 48) return chinese ? `${hours} 小时` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return chinese ? `${days} 天` : `${days} d`;
}

/** Today the clock, else the day. */
export function shortTime(at: number, now: number): string {
  return sameDay(at, now) ? clockTime(at, language.value) : dayLabel(at, now, language.value);
}

/** A moment to come: the clock, and before it the day unless it is today. */
export function whenText(at: number, now: number): string {
  const clock = clockTime(at, language.value);
  return sameDay(at, now) ? clock : `${dayLabel(at, now, language.value)} ${clock}`;
}
