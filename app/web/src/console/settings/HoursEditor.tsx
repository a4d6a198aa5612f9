import { language } from '../../kit/i18n';
import { dayName } from '../../kit/hours';
import type { Hours, Period } from '../../kit/inbox';
import { Button } from '../../kit/ui/Button';
import { SelectField } from '../../kit/ui/Field';
import { t } from './inboxWords';

const DAYS = [1, 2, 3, 4, 5, 6, 7];
const OFFICE = { opens: 9 * 60, closes: 18 * 60 };
const DAY_END = 24 * 60;

/** A week: several periods a day, in the time of one zone. */
export function HoursEditor({ hours, onChange }: { hours: Hours; onChange: (hours: Hours) => void }) {
  const w = t();
  const zone = hours.zone || Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = [...new Set([zone, ...Intl.supportedValuesOf('timeZone')])].map((value) => ({ value, label: value }));
  const set = (periods: Period[]): void => onChange({ zone, periods });
  const add = (day: number): void => {
    const last = hours.periods.filter((period) => period.day === day).pop();
    const next = last === undefined ? { day, ...OFFICE } : { day, opens: Math.min(last.closes + 60, DAY_END - 60), closes: Math.min(last.closes + 180, DAY_END) };
    set([...hours.periods, next]);
  };
  const change = (period: Period, part: Partial<Period>): void =>
    set(hours.periods.map((one) => (one === period ? { ...one, ...part } : one)));
  const monday = hours.periods.filter(({ day }) => day === 1);
  const copy = (): void =>
    set([
      ...hours.periods.filter(({ day }) => day === 1 || day > 5),
      ...[2, 3, 4, 5].flatMap((day) => monday.map((period) => ({ ...period, day }))),
    ]);
  return (
    <>
      <p class="hint">{w.hoursHint}</p>
      <SelectField label={w.zone} value={zone} choices={zones} onChange={(chosen) => onChange({ zone: chosen, periods: hours.periods })} />
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
                  <span key={place} class="week-period">
                    <Time label={w.opens(name)} minute={period.opens} onInput={(opens) => change(period, { opens })} />
                    <span aria-hidden="true">–</span>
                    <Time label={w.closes(name)} minute={period.closes} onInput={(closes) => change(period, { closes: closes || DAY_END })} />
                    <Button kind="ghost" size="s" icon="x" label={w.removePeriod(name)} onPress={() => set(hours.periods.filter((one) => one !== period))} />
                  </span>
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
    </>
  );
}

/** A time of day; the end of a day is shown as 0:00, as every clock does. */
function Time({ label, minute, onInput }: { label: string; minute: number; onInput: (minute: number) => void }) {
  const text = `${String(Math.floor(minute / 60) % 24).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  return (
    <input
      type="time"
      class="input"
      aria-label={label}
      value={text}
      onInput={({ currentTarget: { value } }) => {
        const [hour = '', minutes = ''] = value.split(':');
        if (minutes !== '') onInput(Number(hour) * 60 + Number(minutes));
      }}
    />
  );
}
