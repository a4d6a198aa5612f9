import { useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Field } from '../../kit/ui/Field';
import type { Desk } from '../state/desk';
import { whenText } from '../times';
import { MOMENTS, fieldAt, momentAt } from './moments';
import './MomentPicker.css';
import { t } from './words';

interface MomentPickerProps {
  desk: Desk;
  /** What choosing an own moment is called. */
  act: string;
  onChoose: (at: number) => void;
}

/** A moment to come: by name, or by a field of one's own. */
export function MomentPicker({ desk, act, onChoose }: MomentPickerProps) {
  const w = t();
  // The beat of the desk stands still while a machine sleeps, and an hour from then may be over.
  const now = Math.max(desk.now.value, desk.clock.now());
  const [value, setValue] = useState('');
  const own = fieldAt(value);
  return (
    <div class="moments">
      {MOMENTS.map((moment) => {
        const at = momentAt(moment, now);
        return (
          <button key={moment} type="button" class="moment" onClick={() => onChoose(at)}>
            <span class="grow">{w.moments[moment]}</span>
            <span class="small t3 num">{whenText(at, now)}</span>
          </button>
        );
      })}
      <div class="moment-own">
        <Field label={w.ownMoment}>
          {(wiring) => (
            <input
              {...wiring}
              type="datetime-local"
              class="input"
              value={value}
              onInput={(event) => setValue(event.currentTarget.value)}
            />
          )}
        </Field>
        <Button disabled={own === null || own <= now} onPress={() => own !== null && onChoose(own)}>
          {act}
        </Button>
      </div>
    </div>
  );
}
