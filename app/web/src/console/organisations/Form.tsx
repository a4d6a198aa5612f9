import { useState } from 'preact/hooks';
import { TextField } from '../../kit/ui/Field';
import { SaveForm } from '../settings/SaveForm';
import type { Desk } from '../state/desk';
import { t as shared } from '../words';
import type { Organisation } from './model';
import { t } from './words';

interface FormProps {
  desk: Desk;
  /** Null: a new one. */
  organisation: Organisation | null;
  onSaved: (organisation: Organisation) => void;
  onCancel: () => void;
}

/** What an organisation is known by. */
export function OrganisationForm({ desk, organisation, onSaved, onCancel }: FormProps) {
  const w = t();
  const [form, setForm] = useState({
    name: organisation?.name ?? '',
    domains: (organisation?.domains ?? []).join('\n'),
    external_id: organisation?.external_id ?? '',
    note: organisation?.note ?? '',
  });
  const [before] = useState(form);
  const set = (change: Partial<typeof form>): void => setForm({ ...form, ...change });
  const save = async (): Promise<void> => {
    const said = { ...form, domains: form.domains.split(/[\s,;，；]+/u).filter(Boolean) };
    const answer = await (organisation
      ? desk.api.patch<{ organisation: Organisation }>(`api/v1/organisations/${organisation.id}`, said)
      : desk.api.post<{ organisation: Organisation }>('api/v1/organisations', said));
    desk.say(shared().saved);
    onSaved(answer.organisation);
  };
  return (
    <SaveForm dirty={JSON.stringify(form) !== JSON.stringify(before)} fault={form.name.trim() === '' ? w.faultName : null} onSave={save} onCancel={onCancel}>
      <div class="form-grid">
        <TextField label={w.name} field="name" focus maxLength={200} value={form.name} onInput={(name) => set({ name })} />
        <TextField label={w.externalId} field="external_id" hint={w.externalIdHint} maxLength={200} value={form.external_id} onInput={(external_id) => set({ external_id })} />
        <TextField label={w.domains} field="domains" hint={w.domainsHint} lines={3} value={form.domains} onInput={(domains) => set({ domains })} />
        <TextField label={w.note} field="note" lines={3} maxLength={8_000} value={form.note} onInput={(note) => set({ note })} />
      </div>
    </SaveForm>
  );
}
