import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Field } from '../../kit/ui/Field';
import { t } from '../words';

interface PasswordFieldProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  autocomplete: 'current-password' | 'new-password';
  hint?: ComponentChildren;
  error?: string | undefined;
  large?: boolean;
  focus?: boolean;
}

/** A password that can be looked at while it is typed. */
export function PasswordField({ label, value, onInput, autocomplete, hint, error, large, focus }: PasswordFieldProps) {
  const w = t();
  const [shown, setShown] = useState(false);
  const line = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (focus) line.current?.focus();
  }, []);
  return (
    <Field label={label} hint={hint} error={error}>
      {(wiring) => (
        <span class="password">
          <input
            ref={line}
            {...wiring}
            class={large ? 'input l' : 'input'}
            type={shown ? 'text' : 'password'}
            autocomplete={autocomplete}
            value={value}
            onInput={(event) => onInput(event.currentTarget.value)}
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
