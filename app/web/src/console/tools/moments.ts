/** Moments that are chosen by name: pure, in the browser's own time zone. */

export const MOMENTS = ['hour', 'afternoon', 'tomorrow', 'monday'] as const;
export type Moment = (typeof MOMENTS)[number];

const HOUR_MS = 3_600_000;
const MORNING = 9;
const MONDAY = 1;

/** When that is, from `now`, in milliseconds UTC. */
export function momentAt(moment: Moment, now: number): number {
  if (moment === 'hour') return now + HOUR_MS;
  if (moment === 'afternoon') return now + 4 * HOUR_MS;
  const day = new Date(now);
  const days = moment === 'tomorrow' ? 1 : (MONDAY - day.getDay() + 7) % 7 || 7;
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days, MORNING).getTime();
}

/** What a `datetime-local` field says; null where it says nothing. */
export function fieldAt(value: string): number | null {
  const at = new Date(value).getTime();
  return Number.isNaN(at) ? null : at;
}
