import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { PasswordField } from '../entry/PasswordField';
import type { Desk } from '../state/desk';
import { t as common } from '../words';
import { SaveForm } from './SaveForm';
import { t } from './securityWords';

interface ProofFormProps {
  desk: Desk;
  action: string;
  children?: ComponentChildren;
  onProven: (password: string) => Promise<void>;
  onCancel: () => void;
}

/** Asks for the current password before something is done that it protects. */
export function ProofForm({ desk, action, children, onProven, onCancel }: ProofFormProps) {
  const w = t();
  const [password, setPassword] = useState('');
  return (
    <SaveForm
      dirty={password !== ''}
      fault={password === '' ? common().needed(w.password) : null}
      action={action}
      quiet
      onSave={() => onProven(password)}
      onCancel={onCancel}
    >
      {children}
      <input type="text" autocomplete="username" value={desk.me.agent.email} readOnly hidden />
      <div class="form-grid">
        <PasswordField
          label={w.password}
          field="password"
          autocomplete="current-password"
          hint={w.passwordWhy}
          focus
          value={password}
          onInput={setPassword}
        />
      </div>
    </SaveForm>
  );
}
