import { useState } from 'preact/hooks';
import type { Ticket } from '../../kit/frames';
import { Dialog } from '../../kit/ui/Dialog';
import { Field, SelectField, TextField } from '../../kit/ui/Field';
import { SaveForm } from '../settings/SaveForm';
import { useDesk } from '../state/desk';
import { PRIORITIES, TYPES, endOfDay } from './model';
import { colleagues, teams } from './parts';
import { t } from './words';

const EMPTY = { title: '', description: '', type: 'question', priority: '2', assignee: '', team: '', due: '' };

/** Makes a ticket that comes out of no conversation. */
export function NewTicket({ onClose }: { onClose: () => void }) {
  const desk = useDesk();
  const w = t();
  const [form, setForm] = useState(EMPTY);
  const [key] = useState(() => desk.random.hex(16)); // the same for every try: one form makes one ticket
  const set = (change: Partial<typeof EMPTY>): void => setForm({ ...form, ...change });
  const save = async (): Promise<void> => {
    const body = {
      title: form.title,
      description: form.description,
      type: form.type,
      priority: Number(form.priority),
      assignee_id: form.assignee || null,
      team_id: form.team || null,
      due_at: endOfDay(form.due),
    };
    const { ticket } = await desk.api.post<{ ticket: Ticket }>('api/v1/tickets', body, { headers: { 'Idempotency-Key': key } });
    desk.say(w.made(ticket.number));
    onClose();
    desk.router.go(`tickets/${ticket.id}`);
  };
  return (
    <Dialog title={w.add} wide onClose={onClose}>
      <SaveForm
        quiet
        dirty={form.title !== ''}
        fault={form.title.trim() === '' ? w.faultTitle : null}
        action={w.create}
        onSave={save}
        onCancel={onClose}
      >
        <div class="form-grid">
          <div class="wide">
            <TextField label={w.subject} field="title" focus maxLength={200} value={form.title} onInput={(title) => set({ title })} />
          </div>
          <div class="wide">
            <TextField label={w.description} field="description" lines={4} maxLength={16_000} value={form.description} onInput={(description) => set({ description })} />
          </div>
          <SelectField
            label={w.type}
            value={form.type}
            choices={TYPES.map((type) => ({ value: type, label: w.types[type] ?? type }))}
            onChange={(type) => set({ type })}
          />
          <SelectField
            label={w.priority}
            value={form.priority}
            choices={PRIORITIES.map((priority) => ({ value: String(priority), label: w.priorities[priority] ?? '' }))}
            onChange={(priority) => set({ priority })}
          />
          <SelectField
            label={w.assignee}
            field="assignee_id"
            value={form.assignee}
            choices={[{ value: '', label: w.nobody }, ...colleagues(desk)]}
            onChange={(assignee) => set({ assignee })}
          />
          <SelectField
            label={w.team}
            field="team_id"
            value={form.team}
            choices={[{ value: '', label: w.noTeam }, ...teams(desk)]}
            onChange={(team) => set({ team })}
          />
          <Field label={w.due}>
            {(wiring) => (
              <input {...wiring} type="date" class="input" value={form.due} onInput={(event) => set({ due: event.currentTarget.value })} />
            )}
          </Field>
        </div>
      </SaveForm>
    </Dialog>
  );
}
