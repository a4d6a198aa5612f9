import { useEffect, useState } from 'preact/hooks';
import { language } from '../../kit/i18n';
import { Field, SelectField } from '../../kit/ui/Field';
import { Checkbox } from '../../kit/ui/Toggle';
import type { Desk } from '../state/desk';
import type { Held } from './TicketDetail';

export interface TicketField {
  readonly id: string;
  readonly name_en: string;
  readonly name_zh: string;
  readonly kind: 'text' | 'number' | 'date' | 'choice' | 'checkbox';
  readonly choices: readonly string[];
  readonly archived: boolean;
}

export function nameOfField(field: TicketField): string {
  return language.value === 'zh' ? field.name_zh : field.name_en;
}

/** The desk's own fields; none until they are here. */
export function useFields(desk: Desk): readonly TicketField[] {
  const [fields, setFields] = useState<readonly TicketField[]>([]);
  useEffect(() => {
    desk.api.get<{ fields: readonly TicketField[] }>('api/v1/ticket-fields').then(
      (answer) => setFields(answer.fields),
      () => undefined, // the rest of the ticket is there; the next visit asks again
    );
  }, []);
  return fields;
}

/** What this desk wants to know beside the common facts; an archived one only where it is filled. */
export function OwnFields({ held, fields }: { held: Held; fields: readonly TicketField[] }) {
  const { desk, detail, may, act } = held;
  const { id, fields: values } = detail.ticket;
  const set = (field: string, value: string): void =>
    void act(() => desk.api.patch(`api/v1/tickets/${id}`, { fields: { [field]: value } }));
  return (
    <>
      {fields
        .filter((field) => !field.archived || values[field.id])
        .map((field) => (
          <OwnField key={field.id} field={field} value={values[field.id] ?? ''} may={may} onSet={(value) => set(field.id, value)} />
        ))}
    </>
  );
}

interface OwnFieldProps {
  field: TicketField;
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
