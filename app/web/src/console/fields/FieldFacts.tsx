import { useState } from 'preact/hooks';
import { Edit, Fact } from '../contact/FactList';
import { t } from './words';
import { type OwnField, nameOfField, shownFields } from './model';

interface FieldFactsProps {
  fields: readonly OwnField[];
  values: Readonly<Record<string, string>>;
  may: boolean;
  save: (key: string, value: string) => Promise<void>;
}

/** Values of the desk's own fields; who may changes each where it stands. Nothing where there are none. */
export function FieldFacts({ fields, values, may, save }: FieldFactsProps) {
  const [editing, setEditing] = useState<string | null>(null);
  const shown = shownFields(fields, values);
  if (shown.length === 0) return null;
  return (
    <dl class="facts">
      {shown.map((field) => {
        const { key } = field;
        const value = values[key] ?? '';
        const name = nameOfField(field);
        return (
          <Fact key={key} name={name} value={said(field, value)} may={may} editing={editing === key} onEdit={() => setEditing(key)}>
            <Edit
              label={name}
              value={value}
              max={500}
              field={field}
              save={(next) => save(key, next)}
              remove={null}
              onDone={() => setEditing(null)}
            />
          </Fact>
        );
      })}
    </dl>
  );
}

/** A value as people say it. */
export function said(field: OwnField, value: string): string {
  return field.kind === 'checkbox' && value !== '' ? t().yes : value;
}
