import { dayName, minuteTime } from '../../kit/hours';
import { language } from '../../kit/i18n';
import type { Period } from '../../kit/inbox';
import { DAY_END } from './PeriodTimes';
import { t } from './hoursWords';

const DAYS = [1, 2, 3, 4, 5, 6, 7];
const MARKS = [6, 12, 18].map((hour) => hour * 60);

/** A week at a glance: a line a day from midnight to midnight, dark where it is open. */
export function WeekView({ periods }: { periods: readonly Period[] }) {
  return (
    <ul class="week-view">
      {DAYS.map((day) => {
        const open = periods.length === 0 ? [{ opens: 0, closes: DAY_END }] : periods.filter((period) => period.day === day);
        const times = open.map(({ opens, closes }) => `${minuteTime(opens)}–${minuteTime(closes)}`).join(', ');
        return (
          <li key={day}>
            <span class="small t3" aria-hidden="true">{dayName(day, language.value)}</span>
            <svg viewBox={`0 0 ${DAY_END} 100`} preserveAspectRatio="none" role="img" aria-label={t().picture(dayName(day, language.value, 'long'), times || t().closedDay)}>
              {open.map(({ opens, closes }) => <rect key={opens} class="open" x={opens} width={Math.max(0, closes - opens)} height="100" />)}
              {MARKS.map((minute) => <rect key={minute} class="mark" x={minute} width="4" height="100" />)}
            </svg>
          </li>
        );
      })}
    </ul>
  );
}
