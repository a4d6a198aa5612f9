import { dayName } from '../../kit/hours';
import { language } from '../../kit/i18n';
import type { Hours, Period } from '../../kit/inbox';
import { Button } from '../../kit/ui/Button';
import { SelectField } from '../../kit/ui/Field';
import { HolidayList } from './HolidayList';
import { PeriodTimes, nextPeriod } from './PeriodTimes';
import { WeekView } from './WeekView';
import { t } from './hoursWords';

const DAYS = [1, 2, 3, 4, 5, 6, 7];

/** A week, several periods a day, and holidays, in the time of one zone. */
export function HoursEditor({ hours, onChange }: { hours: Hours; onChange: (hours: Hours) => void }) {
  const w = t();
  const zone = hours.zone || Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = [...new Set([zone, ...Intl.supportedValuesOf('timeZone')])].map((value) => ({ value, label: value }));
  const set = (part: Partial<Hours>): void => onChange({ ...hours, zone, ...part });
  const add = (day: number): void => {
    const last = hours.periods.filter((period) => period.day === day).pop();
    set({ periods: [...hours.periods, { day, ...nextPeriod(last) }] });
  };
  const change = (period: Period, part: Partial<Period>): void =>
    set({ periods: hours.periods.map((one) => (one === period ? { ...one, ...part } : one)) });
  const monday = hours.periods.filter(({ day }) => day === 1);
  const copy = (): void =>
    set({
      periods: [
        ...hours.periods.filter(({ day }) => day === 1 || day > 5),
        ...[2, 3, 4, 5].flatMap((day) => monday.map((period) => ({ ...period, day }))),
      ],
    });
  return (
    <>
      <p class="hint">{w.hint}</p>
      <SelectField label={w.zone} value={zone} choices={zones} onChange={(chosen) => set({ zone: chosen })} />
      <WeekView periods={hours.periods} />
      <ul class="week">
        {DAYS.map((day) => {
          const name = dayName(day, language.value, 'long');
          const periods = hours.periods.filter((period) => period.day === day);
          return (
            <li key={day}>
              <span class="week-day">{name}</span>
              <span class="week-periods">
                {periods.length === 0 && hours.periods.length > 0 && <span class="t3">{w.closedDay}</span>}
                {periods.map((period, place) => (
                  <PeriodTimes
                    key={place}
                    opens={period.opens}
                    closes={period.closes}
                    labels={{ opens: w.opens(name), closes: w.closes(name), remove: w.removePeriod(name) }}
                    onChange={(part) => change(period, part)}
                    onRemove={() => set({ periods: hours.periods.filter((one) => one !== period) })}
                  />
                ))}
              </span>
              <Button kind="ghost" size="s" icon="plus" label={w.addPeriod(name)} onPress={() => add(day)} />
            </li>
          );
        })}
      </ul>
      {monday.length > 0 && (
        <div>
          <Button size="s" icon="copy" onPress={copy}>
            {w.toAll}
          </Button>
        </div>
      )}
      <HolidayList holidays={hours.holidays} onChange={(holidays) => set({ holidays })} />
    </>
  );
}
