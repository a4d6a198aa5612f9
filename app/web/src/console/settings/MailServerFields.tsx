import { SelectField, TextField } from '../../kit/ui/Field';
import { PasswordField } from '../entry/PasswordField';
import type { MailServer, Security, ServerForm } from './mailModel';
import { t } from './mailWords';

const SECURITIES = ['starttls', 'tls', 'none'] as const;

interface MailServerFieldsProps {
  form: ServerForm;
  held: MailServer | null;
  /** What the server is called, and each kind of encryption there. */
  names: { readonly server: string; readonly hint: string; readonly securities: Readonly<Record<Security, string>> };
  /** The usual port of each kind of encryption: it follows while nobody typed another. */
  ports: Readonly<Record<Security, string>>;
  onChange: (form: ServerForm) => void;
}

/** Where a mail server is and who we are there. */
export function MailServerFields({ form, held, names, ports, onChange }: MailServerFieldsProps) {
  const w = t();
  const choose = (security: Security): void =>
    onChange({ ...form, security, port: form.port === ports[form.security] ? ports[security] : form.port });
  const passwordHint = !held?.password ? w.passwordHint : held.password_env ? w.passwordOf(held.password_env) : w.passwordKept;
  return (
    <>
      <TextField
        label={names.server}
        field="host"
        hint={names.hint}
        maxLength={253}
        autocomplete="off"
        value={form.host}
        onInput={(host) => onChange({ ...form, host })}
      />
      <SelectField
        label={w.security}
        field="security"
        value={form.security}
        choices={SECURITIES.map((value) => ({ value, label: names.securities[value] }))}
        onChange={(value) => choose(value as Security)}
      />
      <TextField
        label={w.port}
        field="port"
        inputMode="numeric"
        maxLength={5}
        value={form.port}
        onInput={(port) => onChange({ ...form, port: port.replace(/\D/gu, '') })}
      />
      <TextField
        label={w.username}
        field="username"
        hint={w.usernameHint}
        maxLength={200}
        autocomplete="off"
        value={form.username}
        onInput={(username) => onChange({ ...form, username })}
      />
      <PasswordField
        label={w.password}
        field="password"
        autocomplete="new-password"
        hint={passwordHint}
        value={form.password}
        onInput={(password) => onChange({ ...form, password })}
      />
    </>
  );
}
