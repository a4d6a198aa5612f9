import { useState } from 'preact/hooks';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Switch } from '../../kit/ui/Toggle';
import { useDesk } from '../state/desk';
import { MailServerFields } from './MailServerFields';
import { SaveForm } from './SaveForm';
import { type Mailbox, asked, formOf } from './mailModel';
import { t } from './mailWords';

const PORTS = { tls: '993', starttls: '143', none: '143' } as const;

interface MailboxFormProps {
  box: Mailbox | null;
  onDone: () => void;
  onCancel: () => void;
}

/** An address, and where its mail is. */
export function MailboxForm({ box, onDone, onCancel }: MailboxFormProps) {
  const desk = useDesk();
  const w = t();
  const [server, setServer] = useState(formOf(box?.server ?? null, PORTS.tls, 'tls'));
  const [form, setForm] = useState({
    name: box?.name ?? '',
    address: box?.address ?? '',
    team: box?.team_id ?? '',
    folder: box?.folder ?? 'INBOX',
    plus: box?.plus ?? false,
    active: box?.active ?? true,
  });
  const teams = [...desk.people.teams.value.values()].map(({ id, name }) => ({ value: id, label: name }));
  const given = [form.name, form.address, server.host, server.username].every((text) => text.trim() !== '');
  const missing = !given || Number(server.port) === 0;
  const save = async (): Promise<void> => {
    const body = {
      name: form.name.trim(),
      address: form.address.trim(),
      server: asked(server, box?.server ?? null),
      team_id: form.team === '' ? null : form.team,
      folder: form.folder.trim() || 'INBOX',
      plus: form.plus,
      active: form.active,
    };
    if (box) await desk.api.put(`api/v1/mail/mailboxes/${box.inbox_id}`, body);
    else await desk.api.post('api/v1/mail/mailboxes', body);
    await desk.people.load();
    onDone();
  };
  return (
    <SaveForm dirty fault={missing ? w.requiredBox : null} onSave={save} onCancel={onCancel}>
      <div class="form-grid">
        <TextField
          label={w.address}
          field="address"
          type="email"
          focus
          maxLength={200}
          autocomplete="off"
          value={form.address}
          onInput={(address) => setForm({ ...form, address })}
        />
        <TextField
          label={w.inboxName}
          field="name"
          hint={w.inboxNameHint}
          maxLength={80}
          autocomplete="off"
          value={form.name}
          onInput={(name) => setForm({ ...form, name })}
        />
        <MailServerFields
          form={server}
          held={box?.server ?? null}
          names={{ server: w.imap, hint: w.imapHint, securities: w.imapSecurities }}
          ports={PORTS}
          onChange={setServer}
        />
        <TextField
          label={w.folder}
          field="folder"
          maxLength={100}
          autocomplete="off"
          value={form.folder}
          onInput={(folder) => setForm({ ...form, folder })}
        />
        <SelectField
          label={w.team}
          field="team_id"
          value={form.team}
          choices={[{ value: '', label: w.noTeam }, ...teams]}
          onChange={(team) => setForm({ ...form, team })}
        />
        <div class="wide">
          <Switch on={form.plus} onChange={(plus) => setForm({ ...form, plus })}>
            {w.plus}
          </Switch>
          <p class="hint">{w.plusHint}</p>
        </div>
        <div class="wide">
          <Switch on={form.active} onChange={(active) => setForm({ ...form, active })}>
            {w.active}
          </Switch>
        </div>
      </div>
    </SaveForm>
  );
}
