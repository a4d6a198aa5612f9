import { useState } from 'preact/hooks';
import { SelectField, TextField } from '../../kit/ui/Field';
import type { Desk } from '../state/desk';
import type { Inbox } from '../state/people';
import { t } from '../words';
import { SaveForm } from './SaveForm';
import { t as i } from './inboxWords';

/** An inbox that a data source has made: customers write there by another system, so it has no page and no widget. */
export function ChannelInbox({ desk, inbox }: { desk: Desk; inbox: Inbox }) {
  const w = t();
  const now = { name: inbox.name, team_id: inbox.team_id };
  const [form, setForm] = useState(now);
  const teams = [...desk.people.teams.value.values()].map(({ id, name }) => ({ value: id, label: name }));
  const save = async (): Promise<void> => {
    const answer = await desk.api.patch<{ inbox: Inbox }>(`api/v1/inboxes/${inbox.id}`, form);
    desk.people.inboxes.value = new Map(desk.people.inboxes.value).set(answer.inbox.id, answer.inbox);
    setForm({ name: answer.inbox.name, team_id: answer.inbox.team_id });
  };
  return (
    <SaveForm
      dirty={JSON.stringify(form) !== JSON.stringify(now)}
      fault={form.name.trim() === '' ? w.needed(w.nameOfInbox) : null}
      onSave={save}
    >
      <div class="form-grid">
        <TextField
          label={w.nameOfInbox}
          field="name"
          value={form.name}
          maxLength={100}
          onInput={(name) => setForm({ ...form, name })}
        />
        <SelectField
          label={w.team}
          field="team_id"
          value={form.team_id ?? ''}
          choices={[{ value: '', label: w.noTeam }, ...teams]}
          onChange={(team) => setForm({ ...form, team_id: team || null })}
        />
      </div>
      <p class="hint">{i().channel}</p>
    </SaveForm>
  );
}
