import { TextField } from '../../kit/ui/Field';
import { t } from './words';

interface VaultFieldsProps {
  yaml: string;
  /** Names of those that are kept already. */
  held: ReadonlySet<string>;
  values: Readonly<Record<string, string>>;
  onChange: (values: Readonly<Record<string, string>>) => void;
}

/** A field for each secret that a document says is in the vault: it never stands in the document itself. */
export function VaultFields({ yaml, held, values, onChange }: VaultFieldsProps) {
  const w = t();
  const names = vaultNames(yaml);
  if (names.length === 0) return null;
  return (
    <div class="form-grid">
      {names.map((name) => (
        <TextField
          key={name}
          label={w.secretOf(name)}
          field={`secrets.${name}`}
          type="password"
          autocomplete="new-password"
          hint={held.has(name) ? w.secretHeld : w.secretHint}
          value={values[name] ?? ''}
          onInput={(value) => onChange({ ...values, [name]: value })}
        />
      ))}
    </div>
  );
}

/** Secrets of a document that are in the vault, by their names in it. */
export function vaultNames(yaml: string): readonly string[] {
  return [...new Set([...yaml.matchAll(/([A-Za-z][A-Za-z0-9_-]*)\s*:\s*["']?vault:/g)].map(([, name]) => name ?? ''))];
}

/** What was typed for secrets that the document still names. */
export function given(yaml: string, values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(vaultNames(yaml).flatMap((name) => (values[name] ? [[name, values[name]] as const] : [])));
}
