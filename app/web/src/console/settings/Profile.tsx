import { useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { SelectField, TextField } from '../../kit/ui/Field';
import { PasswordField } from '../entry/PasswordField';
import { PASSWORD_CHARACTERS_MIN } from '../limits';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import { type Theme, chooseTheme, theme } from '../state/theme';
import { t } from '../words';
import { OwnSessions } from './OwnSessions';
import { SaveForm } from './SaveForm';
import { SecondStep } from './SecondStep';
import { UndoSend } from './UndoSend';

const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

/** What an agent changes about himself. */
export function Profile() {
  const desk = useDesk();
  const w = t();
  const [changes, setChanges] = useState(0); // of what ends sessions: their list is fetched anew
  const changed = (): void => setChanges(changes + 1);
  return (
    <>
      <div class="settings-title">
        <h2>{w.profile}</h2>
        <span class="end">
          <Button kind="ghost" icon="out" onPress={() => void desk.session.signOut()}>
            {w.signOut}
          </Button>
        </span>
      </div>
      <Card title={desk.me.agent.email}>
        <Self desk={desk} />
      </Card>
      <Card>
        <div class="card-body">
          <SelectField
            label={w.theme}
            value={theme.value}
            choices={THEMES.map((name) => ({ value: name, label: w.themes[name] }))}
            onChange={(name) => chooseTheme(name as Theme)}
          />
        </div>
      </Card>
      <UndoSend />
      <Card title={w.changePassword}>
        <Password desk={desk} onChanged={changed} />
      </Card>
      <SecondStep onRenewed={changed} />
      <OwnSessions version={changes} />
    </>
  );
}

function Self({ desk }: { desk: Desk }) {
  const w = t();
  const { name, language, availability } = desk.myself();
  const now = { name, language, availability };
  const [form, setForm] = useState(now);
  const languages = [
    { value: '', label: w.languages.system },
    { value: 'zh', label: w.languages.zh },
    { value: 'en', label: w.languages.en },
  ];
  const availabilities = [
    { value: 'online', label: w.available },
    { value: 'away', label: w.away },
    { value: 'offline', label: w.offline },
  ];
  return (
    <SaveForm
      dirty={JSON.stringify(form) !== JSON.stringify(now)}
      fault={form.name.trim() === '' ? w.needed(w.name) : null}
      onSave={() => desk.session.change({ ...form, name: form.name.trim() })}
    >
      <div class="form-grid">
        <TextField label={w.name} field="name" maxLength={100} value={form.name} onInput={(name) => setForm({ ...form, name })} />
        <SelectField
          label={w.language}
          value={form.language}
          choices={languages}
          onChange={(language) => setForm({ ...form, language })}
        />
        <SelectField
          label={w.availability}
          value={form.availability}
          choices={availabilities}
          onChange={(availability) => setForm({ ...form, availability })}
        />
      </div>
    </SaveForm>
  );
}

function Password({ desk, onChanged }: { desk: Desk; onChanged: () => void }) {
  const w = t();
  const [old, setOld] = useState('');
  const [fresh, setFresh] = useState('');
  const fault =
    old === ''
      ? w.needed(w.oldPassword)
      : [...fresh].length < PASSWORD_CHARACTERS_MIN
        ? w.shortPassword(PASSWORD_CHARACTERS_MIN)
        : null;
  const save = async (): Promise<void> => {
    await desk.session.change({ password: fresh, old_password: old });
    setOld('');
    setFresh('');
    onChanged();
  };
  return (
    <SaveForm dirty={old !== '' || fresh !== ''} fault={fault} onSave={save}>
      <input type="text" autocomplete="username" value={desk.me.agent.email} readOnly hidden />
      <div class="form-grid">
        <PasswordField label={w.oldPassword} field="old_password" autocomplete="current-password" value={old} onInput={setOld} />
        <PasswordField
          label={w.newPassword}
          field="password"
          autocomplete="new-password"
          hint={w.passwordHint(PASSWORD_CHARACTERS_MIN)}
          value={fresh}
          onInput={setFresh}
        />
      </div>
    </SaveForm>
  );
}
