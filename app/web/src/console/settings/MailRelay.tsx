import { useState } from 'preact/hooks';
import { TextField } from '../../kit/ui/Field';
import { Switch } from '../../kit/ui/Toggle';
import { useDesk } from '../state/desk';
import { MailServerFields } from './MailServerFields';
import { SaveForm } from './SaveForm';
import { type Relay, asked, formOf } from './mailModel';
import { t } from './mailWords';

const PORTS = { starttls: '587', tls: '465', none: '25' } as const;

interface MailRelayProps {
  relay: Relay | null;
  onDone: () => void;
  onCancel: () => void;
}

/** The server that letters leave by. */
export function MailRelay({ relay, onDone, onCancel }: MailRelayProps) {
  const desk = useDesk();
  const w = t();
  const [server, setServer] = useState(formOf(relay?.server ?? null, PORTS.starttls, 'starttls'));
  const [form, setForm] = useState({ sender: relay?.sender ?? '', name: relay?.name ?? '', followUp: relay?.follow_up ?? true });
  const missing = server.host.trim() === '' || Number(server.port) === 0 || form.sender.trim() === '';
  const save = async (): Promise<void> => {
    const body = { server: asked(server, relay?.server ?? null), sender: form.sender.trim(), name: form.name.trim(), follow_up: form.followUp };
    await desk.api.put('api/v1/mail/relay', body);
    onDone();
  };
  return (
    <SaveForm dirty fault={missing ? w.required : null} onSave={save} onCancel={onCancel}>
      <div class="form-grid">
        <MailServerFields form={server} held={relay?.server ?? null} names={{ server: w.host, hint: w.hostHint, securities: w.securities }} ports={PORTS} onChange={setServer} />
        <TextField
          label={w.sender}
          field="email"
          type="email"
          hint={w.senderHint}
          maxLength={200}
          autocomplete="off"
          value={form.sender}
          onInput={(sender) => setForm({ ...form, sender })}
        />
        <TextField
          label={w.senderName}
          field="name"
          maxLength={80}
          autocomplete="off"
          value={form.name}
          onInput={(name) => setForm({ ...form, name })}
        />
        <div class="wide">
          <Switch on={form.followUp} onChange={(followUp) => setForm({ ...form, followUp })}>
            {w.followUp}
          </Switch>
          <p class="hint">{w.followUpHint}</p>
        </div>
      </div>
    </SaveForm>
  );
}
