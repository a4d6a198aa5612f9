import { Button } from '../../kit/ui/Button';

export const DAY_END = 24 * 60;

interface PeriodTimesProps {
  opens: number;
  closes: number;
  labels: { opens: string; closes: string; remove: string };
  onChange: (part: { opens?: number; closes?: number }) => void;
  onRemove: () => void;
}

/** From when until when, in minutes since midnight, and a way to take it away. */
export function PeriodTimes({ opens, closes, labels, onChange, onRemove }: PeriodTimesProps) {
  return (
    <span class="week-period">
      <Time label={labels.opens} minute={opens} onInput={(minute) => onChange({ opens: minute })} />
      <span aria-hidden="true">–</span>
      <Time label={labels.closes} minute={closes} onInput={(minute) => onChange({ closes: minute || DAY_END })} />
      <Button kind="ghost" size="s" icon="x" label={labels.remove} onPress={onRemove} />
    </span>
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

/** The period that is added behind the others of a day. */
export function nextPeriod(last: { closes: number } | undefined): { opens: number; closes: number } {
  if (last === undefined) return { opens: 9 * 60, closes: 18 * 60 };
  return { opens: Math.min(last.closes + 60, DAY_END - 60), closes: Math.min(last.closes + 180, DAY_END) };
}
