import type { Holiday } from '../../kit/inbox';
import { Button } from '../../kit/ui/Button';
import { Field, SelectField, TextField } from '../../kit/ui/Field';
import { Checkbox } from '../../kit/ui/Toggle';
import { PeriodTimes, nextPeriod } from './PeriodTimes';
import { t } from './hoursWords';

const NAME_MAX = 60;

/** Days with other hours than their weekday's. */
export function HolidayList({ holidays, onChange }: { holidays: readonly Holiday[]; onChange: (holidays: Holiday[]) => void }) {
  const w = t();
  const change = (place: number, part: Partial<Holiday>): void =>
    onChange(holidays.map((one, at) => (at === place ? { ...one, ...part } : one)));
  const add = (): void => onChange([...holidays, { date: '', name: { en: '', zh: '' }, yearly: false, periods: [] }]);
  return (
    <section class="holidays" aria-label={w.holidays}>
      <h3>{w.holidays}</h3>
      <p class="hint">{w.holidaysHint}</p>
      {holidays.length === 0 ? (
        <p class="t3">{w.noHolidays}</p>
      ) : (
        <ul>
          {holidays.map((holiday, place) => (
            <HolidayRow
              key={place}
              holiday={holiday}
              onChange={(part) => change(place, part)}
              onRemove={() => onChange(holidays.filter((_, at) => at !== place))}
            />
          ))}
        </ul>
      )}
      <div>
        <Button size="s" icon="plus" onPress={add}>
          {w.addHoliday}
        </Button>
      </div>
    </section>
  );
}

function HolidayRow({ holiday, onChange, onRemove }: { holiday: Holiday; onChange: (part: Partial<Holiday>) => void; onRemove: () => void }) {
  const w = t();
  const { date, name, yearly, periods } = holiday;
  const called = name.zh || name.en || date || w.thisDay;
  return (
    <li class="holiday">
      <Field label={w.date}>
        {(wiring) => <input {...wiring} type="date" class="input" value={date} onInput={({ currentTarget: { value } }) => onChange({ date: value })} />}
      </Field>
      <TextField label={w.nameZh} maxLength={NAME_MAX} value={name.zh} onInput={(zh) => onChange({ name: { ...name, zh } })} />
      <TextField label={w.nameEn} maxLength={NAME_MAX} value={name.en} onInput={(en) => onChange({ name: { ...name, en } })} />
      <SelectField
        label={w.state}
        value={periods.length === 0 ? 'closed' : 'other'}
        choices={[{ value: 'closed', label: w.closed }, { value: 'other', label: w.other }]}
        onChange={(state) => onChange({ periods: state === 'closed' ? [] : [nextPeriod(undefined)] })}
      />
      <div class="holiday-end">
        <Checkbox on={yearly} onChange={(on) => onChange({ yearly: on })}>
          {w.yearly}
        </Checkbox>
        <Button kind="ghost" size="s" icon="x" label={w.removeHoliday(called)} onPress={onRemove} />
      </div>
      {periods.length > 0 && (
        <div class="week-periods">
          {periods.map((period, at) => (
            <PeriodTimes
              key={at}
              {...period}
              labels={{ opens: w.opens(called), closes: w.closes(called), remove: w.removePeriod(called) }}
              onChange={(part) => onChange({ periods: periods.map((one) => (one === period ? { ...one, ...part } : one)) })}
              onRemove={() => onChange({ periods: periods.filter((one) => one !== period) })}
            />
          ))}
          <Button kind="ghost" size="s" icon="plus" label={w.addPeriod(called)} onPress={() => onChange({ periods: [...periods, nextPeriod(periods[periods.length - 1])] })} />
        </div>
      )}
    </li>
  );
}

/** What must be mended before hours can be saved, or null. */
export function faultOf(holidays: readonly Holiday[]): string | null {
  return holidays.some(({ date }) => date === '') ? t().dayMissing : null;
}
