import { useState } from 'preact/hooks';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Switch } from '../../kit/ui/Toggle';
import { SaveForm } from '../settings/SaveForm';
import { type Desk, useDesk } from '../state/desk';
import { t as common } from '../words';
import { FailedCases } from './Cases';
import { type Answers, type Asked, type Preset, type Saved, type Setting, type SourceDetail, asAsked, asGiven, fits, freeName, isName, secretsOf } from './model';
import { said } from './said';
import { t } from './words';

interface PresetFormProps {
  preset: Preset;
  /** One that is joined already; null: it is being joined. */
  held: SourceDetail | null;
  taken: ReadonlySet<string>;
  onSaved: (saved: Saved) => void;
  onCancel?: () => void;
}

/** What a preset asks for; it is checked and runs when it is saved. */
export function PresetForm({ preset, held, taken, onSaved, onCancel }: PresetFormProps) {
  const desk = useDesk();
  const w = t();
  const [begun] = useState({
    name: held?.system ?? freeName(preset.name, taken),
    title: held === null ? '' : said(held.title),
    answers: asGiven(preset.settings, held?.settings),
    secrets: {} as Readonly<Record<string, string>>,
    allow: held?.allow.join(', ') ?? '',
  });
  const [form, setForm] = useState(begun);
  const [told, setTold] = useState<Saved | null>(null);
  const set = (change: Partial<typeof form>): void => setForm({ ...form, ...change });
  const isHeld = (name: string): boolean => held?.secrets.some((one) => one.name === name && one.held) ?? false;
  const fault = faultOf(form, preset, held, taken, isHeld);
  const save = async (): Promise<void> => {
    setTold(null);
    const saved = await put(desk, preset, form, held);
    if (!saved.saved) return setTold(saved);
    onSaved(saved);
  };
  return (
    <SaveForm
      dirty={held === null || JSON.stringify(form) !== JSON.stringify(begun)}
      fault={fault}
      action={held === null ? w.start : undefined}
      quiet={held === null}
      onSave={save}
      onCancel={onCancel}
    >
      {preset.help && <p class="t2">{said(preset.help)}</p>}
      <div class="form-grid">
        {held === null && (
          <TextField label={w.name} field="name" focus maxLength={40} hint={w.nameHint} value={form.name} autocomplete="off" onInput={(name) => set({ name })} />
        )}
        <TextField label={w.title} field="title" maxLength={80} hint={w.titleHint} value={form.title} autocomplete="off" onInput={(title) => set({ title })} />
        {preset.settings.map((setting) => (
          <SettingField
            key={setting.name}
            setting={setting}
            answer={form.answers[setting.name] ?? ''}
            onAnswer={(answer) => set({ answers: { ...form.answers, [setting.name]: answer } })}
          />
        ))}
        {secretsOf(preset, form.answers).map((secret) => (
          <TextField
            key={secret.name}
            label={said(secret.title)}
            field={secret.name}
            type="password"
            autocomplete="new-password"
            hint={isHeld(secret.name) ? w.secretHeld : secret.help ? said(secret.help) : w.secretHint}
            value={form.secrets[secret.name] ?? ''}
            onInput={(value) => set({ secrets: { ...form.secrets, [secret.name]: value } })}
          />
        ))}
        {desk.may('server.manage') && (
          <TextField label={w.allow} field="allow" hint={w.allowHint} maxLength={400} value={form.allow} autocomplete="off" onInput={(allow) => set({ allow })} />
        )}
      </div>
      {told && (
        <div role="alert">
          <p class="hint bad">{w.notSaved}</p>
          <ul class="mistakes">
            {told.errors.map((error, index) => (
              <li key={index}>{said(error)}</li>
            ))}
          </ul>
          <FailedCases cases={told.cases.filter(({ passed }) => !passed)} />
        </div>
      )}
    </SaveForm>
  );
}

interface Form {
  readonly name: string;
  readonly title: string;
  readonly answers: Answers;
  readonly secrets: Readonly<Record<string, string>>;
  readonly allow: string;
}

/** All of it, what was not touched too: the document is written anew. */
function put(desk: Desk, preset: Preset, { name, title, answers, secrets, allow }: Form, held: SourceDetail | null): Promise<Saved> {
  const named = held !== null && title === said(held.title) ? held.title : title.trim();
  const given = Object.entries(secrets).filter(([, value]) => value !== '');
  const hosts = allow.split(/[\s,，]+/).filter(Boolean);
  return desk.api.put<Saved>(`api/v1/sources/${name}`, {
    preset: preset.name,
    settings: asAsked(preset.settings, answers),
    ...(given.length > 0 ? { secrets: Object.fromEntries(given) } : {}),
    ...(named === '' ? {} : { title: named }),
    ...(held === null ? {} : { enabled: held.enabled }),
    ...(hosts.length > 0 ? { allow: hosts } : {}),
  });
}

function faultOf(form: Form, preset: Preset, held: SourceDetail | null, taken: ReadonlySet<string>, isHeld: (name: string) => boolean): string | null {
  const w = t();
  if (held === null && !isName(form.name)) return w.nameFault;
  if (held === null && taken.has(form.name)) return w.nameTaken;
  const wrong: Asked | undefined =
    preset.settings.find((setting) => !fits(setting, form.answers[setting.name])) ??
    secretsOf(preset, form.answers).find(({ name }) => (form.secrets[name] ?? '') === '' && !isHeld(name));
  if (wrong === undefined) return null;
  const empty = (form.answers[wrong.name] ?? '') === '';
  return empty ? common().needed(said(wrong.title)) : w.settingFault(said(wrong.title));
}

function SettingField({ setting, answer, onAnswer }: { setting: Setting; answer: string | boolean; onAnswer: (answer: string | boolean) => void }) {
  const label = said(setting.title);
  const hint = setting.help ? said(setting.help) : undefined;
  if (setting.type === 'switch')
    return (
      <div class="wide">
        <Switch on={answer === true} onChange={onAnswer}>
          {label}
        </Switch>
        {hint && <p class="hint">{hint}</p>}
      </div>
    );
  if (setting.type === 'choice')
    return (
      <SelectField
        label={label}
        field={setting.name}
        value={String(answer)}
        hint={hint}
        choices={setting.choices.map(({ value, title }) => ({ value, label: said(title) }))}
        onChange={onAnswer}
      />
    );
  return (
    <TextField
      label={label}
      field={setting.name}
      hint={hint}
      maxLength={2_000}
      autocomplete="off"
      {...(setting.type === 'number' ? { inputMode: 'numeric' as const } : {})}
      value={String(answer)}
      onInput={onAnswer}
    />
  );
}
