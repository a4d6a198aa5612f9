import { Field, SelectField } from '../../kit/ui/Field';
import { Checkbox } from '../../kit/ui/Toggle';
import { type OwnField as Own, nameOfField, shownFields } from '../fields/model';
import type { Held } from './TicketDetail';

/** What this desk wants to know beside the common facts; an archived one only where it is filled. */
export function OwnFields({ held, fields }: { held: Held; fields: readonly Own[] }) {
  const { desk, detail, may, act } = held;
  const { id, fields: values } = detail.ticket;
  const set = (field: string, value: string): void =>
    void act(() => desk.api.patch(`api/v1/tickets/${id}`, { fields: { [field]: value } }));
  return (
    <>
      {shownFields(fields, values).map((field) => (
          <OwnField key={field.id} field={field} value={values[field.id] ?? ''} may={may} onSet={(value) => set(field.id, value)} />
      ))}
    </>
  );
}

interface OwnFieldProps {
  field: Own;
  value: string;
  may: boolean;
  onSet: (value: string) => void;
}

function OwnField({ field, value, may, onSet }: OwnFieldProps) {
  const label = nameOfField(field);
  if (field.kind === 'checkbox')
    return (
      <Checkbox on={value === 'true'} disabled={!may} onChange={(on) => onSet(on ? 'true' : '')}>
        {label}
      </Checkbox>
    );
  if (field.kind === 'choice') {
    const choices = field.choices.includes(value) || value === '' ? field.choices : [...field.choices, value];
    return (
      <SelectField
        label={label}
        value={value}
        disabled={!may}
        choices={[{ value: '', label: '–' }, ...choices.map((choice) => ({ value: choice, label: choice }))]}
        onChange={onSet}
      />
    );
  }
  const inputMode = field.kind === 'number' ? 'decimal' : undefined;
  return (
    <Field label={label}>
      {(wiring) => (
        <input
          {...wiring}
          type={field.kind === 'date' ? 'date' : 'text'}
          inputMode={inputMode}
          class="input"
          maxLength={500}
          disabled={!may}
          value={value}
          onChange={(event) => onSet(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
