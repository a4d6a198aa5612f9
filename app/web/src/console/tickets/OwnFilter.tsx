import { useState } from 'preact/hooks';
import { SelectField, TextField } from '../../kit/ui/Field';
import { type OwnField, nameOfField } from '../fields/model';
import type { Query } from './model';
import { t } from './words';

interface OwnFilterProps {
  fields: readonly OwnField[];
  query: Query;
  onNarrow: (change: Query) => void;
}

/** Narrows the list by a field of the desk's own; nothing where the desk has none. */
export function OwnFilter({ fields, query, onNarrow }: OwnFilterProps) {
  const w = t();
  const chosen = fields.find(({ id }) => id === query.field);
  if (fields.length === 0) return null;
  const value = query.value ?? '';
  const any = { value: '', label: w.anyValue };
  return (
    <>
      <SelectField
        label={w.ownField}
        value={query.field ?? ''}
        choices={[{ value: '', label: w.noField }, ...fields.map((field) => ({ value: field.id, label: nameOfField(field) }))]}
        onChange={(field) => onNarrow({ field, value: fields.find(({ id }) => id === field)?.kind === 'checkbox' ? 'true' : '' })}
      />
      {chosen?.kind === 'choice' && (
        <SelectField
          label={nameOfField(chosen)}
          value={value}
          choices={[any, ...chosen.choices.map((choice) => ({ value: choice, label: choice }))]}
          onChange={(choice) => onNarrow({ value: choice })}
        />
      )}
      {chosen && ['text', 'number', 'date'].includes(chosen.kind) && (
        <Typed key={chosen.id} field={chosen} value={value} onValue={(typed) => onNarrow({ value: typed })} />
      )}
    </>
  );
}

/** A text narrows as it is typed; a number, a day or a span of them when it is whole. */
function Typed({ field, value, onValue }: { field: OwnField; value: string; onValue: (value: string) => void }) {
  const w = t();
  const [typed, setTyped] = useState(value);
  const hint = field.kind === 'number' ? w.spanOfNumbers : field.kind === 'date' ? w.spanOfDays : undefined;
  const usable = field.kind === 'text' || isSpan(typed, field.kind === 'date' ? DAY : NUMBER);
  const change = (text: string): void => {
    setTyped(text);
    if (text.trim() === '' || field.kind === 'text' || isSpan(text, field.kind === 'date' ? DAY : NUMBER)) onValue(text.trim());
  };
  return (
    <TextField
      label={nameOfField(field)}
      hint={hint}
      error={typed.trim() === '' || usable ? undefined : hint}
      maxLength={300}
      value={typed}
      onInput={change}
    />
  );
}

const NUMBER = /^-?\d+(?:\.\d+)?$/u;
const DAY = /^\d{4}-\d{2}-\d{2}$/u;

/** One value, or two with `..` between them, either of which may be left out. */
export function isSpan(text: string, value: RegExp): boolean {
  const parts = text.trim().split('..').map((part) => part.trim());
  if (parts.length > 2 || parts.every((part) => part === '')) return false;
  return parts.every((part) => (part === '' && parts.length === 2) || value.test(part));
}
