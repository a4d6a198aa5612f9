import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Field } from '../../kit/ui/Field';
import { useRefusal } from '../../kit/ui/refused';
import { t } from '../words';

interface PasswordFieldProps {
  label: string;
  /** What the request calls it: a refusal of the form that names it is shown here. */
  field?: string;
  value: string;
  onInput: (value: string) => void;
  autocomplete: 'current-password' | 'new-password';
  hint?: ComponentChildren;
  error?: string | undefined;
  large?: boolean;
  focus?: boolean;
}

/** A password that can be looked at while it is typed. */
export function PasswordField(props: PasswordFieldProps) {
  const { label, field, value, onInput, autocomplete, hint, error, large, focus } = props;
  const w = t();
  const [shown, setShown] = useState(false);
  const line = useRef<HTMLInputElement>(null);
  const refusal = useRefusal(field);
  useEffect(() => {
    if (focus) line.current?.focus();
  }, []);
  useEffect(() => {
    if (refusal.why !== undefined) line.current?.focus();
  }, [refusal.why]);
  return (
    <Field label={label} hint={hint} error={error ?? refusal.why}>
      {(wiring) => (
        <span class="password">
          <input
            ref={line}
            {...wiring}
            class={large ? 'input l' : 'input'}
            type={shown ? 'text' : 'password'}
            autocomplete={autocomplete}
            value={value}
            onInput={(event) => {
              refusal.forget();
              onInput(event.currentTarget.value);
            }}
          />
          <Button
            kind="ghost"
            size="s"
            icon="eye"
            label={shown ? w.hidePassword : w.showPassword}
            pressed={shown}
            onPress={() => setShown(!shown)}
          />
        </span>
      )}
    </Field>
  );
}
