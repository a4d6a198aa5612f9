import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Icon } from './Icon';
import { useRefusal } from './refused';
import './Field.css';

export interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  /** Replaces the hint; says what to do. */
  error?: string | undefined;
  children: (wiring: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }) => ComponentChildren;
}

/** A labelled field: label above, hint below, the error in the hint's place. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const below = error ?? hint;
  const wiring = {
    id,
    ...(below ? { 'aria-describedby': `${id}-hint` } : {}),
    ...(error ? { 'aria-invalid': true as const } : {}),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(wiring)}
      {below && (
        <div id={`${id}-hint`} class={error ? 'hint bad' : 'hint'} role={error ? 'alert' : undefined}>
          {error && <Icon name="stop" size="s" />}
          {below}
        </div>
      )}
    </div>
  );
}

export interface TextFieldProps {
  label: string;
  /** What the request calls it: a refusal of the form that names it is shown here. */
  field?: string;
  value: string;
  onInput: (value: string) => void;
  type?: 'text' | 'email' | 'password' | 'tel';
  name?: string;
  hint?: ComponentChildren;
  error?: string | undefined;
  autocomplete?: string;
  inputMode?: 'text' | 'numeric';
  placeholder?: string;
  large?: boolean;
  lines?: number;
  required?: boolean;
  minLength?: number;
  maxLength?: number;
  disabled?: boolean;
  focus?: boolean;
}

/** One line of text, or several with `lines`. */
export function TextField(props: TextFieldProps) {
  const { label, hint, error, field, value, onInput, lines, large, focus, ...rest } = props;
  const names = large ? 'input l' : 'input';
  const line = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const refusal = useRefusal(field);
  useEffect(() => {
    if (focus) line.current?.focus();
  }, []);
  useEffect(() => {
    if (refusal.why !== undefined) line.current?.focus();
  }, [refusal.why]);
  const changed = (text: string): void => {
    refusal.forget();
    onInput(text);
  };
  return (
    <Field label={label} hint={hint} error={error ?? refusal.why}>
      {(wiring) =>
        lines ? (
          <textarea
            ref={line}
            {...wiring}
            {...rest}
            class={names}
            rows={lines}
            value={value}
            onInput={(event) => changed(event.currentTarget.value)}
          />
        ) : (
          <input
            ref={line}
            {...wiring}
            {...rest}
            class={names}
            value={value}
            onInput={(event) => changed(event.currentTarget.value)}
          />
        )
      }
    </Field>
  );
}

export interface Choice {
  value: string;
  label: string;
}

/** One of several, by the system's own list. */
export function SelectField(props: {
  label: string;
  /** What the request calls it: a refusal of the form that names it is shown here. */
  field?: string;
  value: string;
  choices: readonly Choice[];
  onChange: (value: string) => void;
  hint?: ComponentChildren;
  disabled?: boolean;
}) {
  const refusal = useRefusal(props.field);
  return (
    <Field label={props.label} hint={props.hint} error={refusal.why}>
      {(wiring) => (
        <span class="select">
          <select
            {...wiring}
            class="input"
            value={props.value}
            disabled={props.disabled}
            onChange={(event) => {
              refusal.forget();
              props.onChange(event.currentTarget.value);
            }}
          >
            {props.choices.map((choice) => (
              <option key={choice.value} value={choice.value} selected={choice.value === props.value}>
                {choice.label}
              </option>
            ))}
          </select>
          <Icon name="down" size="s" />
        </span>
      )}
    </Field>
  );
}
