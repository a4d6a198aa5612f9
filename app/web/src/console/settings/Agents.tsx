import { useEffect, useState } from 'preact/hooks';
import type { Colleague } from '../../kit/frames';
import { Avatar } from '../../kit/ui/Avatar';
import { Badge } from '../../kit/ui/Badge';
import { Dot } from '../../kit/ui/Dot';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Table } from '../../kit/ui/Table';
import { Checkbox, Switch } from '../../kit/ui/Toggle';
import { PasswordField } from '../entry/PasswordField';
import { PASSWORD_CHARACTERS_MIN } from '../limits';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import { reason } from '../state/session';
import { t } from '../words';
import { AgentSecondStep } from './AgentSecondStep';
import { SaveForm } from './SaveForm';

const ROLES = ['owner', 'admin', 'agent', 'observer'] as const;
type Role = (typeof ROLES)[number];

/** Who works at this desk. */
export function Agents() {
  const desk = useDesk();
  const w = t();
  const [open, setOpen] = useState<string | null>(null);
  const may = desk.may('agents.manage');
  const [secondStep, setSecondStep] = useState<readonly string[]>([]);
  useEffect(() => {
    if (may)
      desk.api.get<{ second_step: string[] }>('api/v1/agents').then(
        ({ second_step: ids }) => setSecondStep(ids),
        (error: unknown) => desk.say(reason(error)),
      );
  }, []);
  const agents = [...desk.people.colleagues.value.values()].sort((one, other) => one.name.localeCompare(other.name));
  const edited = agents.find(({ id }) => id === open);
  const close = (): void => setOpen(null);
  return (
    <>
      <div class="settings-title">
        <h2>{w.agents}</h2>
        <span class="end">
          <Button icon="plus" disabled={!may} reason={may ? undefined : w.notAllowed} onPress={() => setOpen('new')}>
            {w.addAgent}
          </Button>
        </span>
      </div>
      {open === 'new' && (
        <Card title={w.newAgent}>
          <NewAgent desk={desk} onDone={close} />
        </Card>
      )}
      {edited && (
        <Card key={edited.id} title={edited.name} note={edited.email}>
          <EditAgent
            desk={desk}
            agent={edited}
            secondStep={secondStep.includes(edited.id)}
            onReset={() => setSecondStep(secondStep.filter((id) => id !== edited.id))}
            onDone={close}
          />
        </Card>
      )}
      <Card>
        <Table fold label={w.agents} head={[w.name, w.role, w.teams, w.state, <span class="sr">{w.edit}</span>]}>
          {agents.map((agent) => (
            <AgentRow key={agent.id} desk={desk} agent={agent} may={may} onEdit={() => setOpen(agent.id)} />
          ))}
        </Table>
      </Card>
    </>
  );
}

function AgentRow({ desk, agent, may, onEdit }: { desk: Desk; agent: Colleague; may: boolean; onEdit: () => void }) {
  const w = t();
  const connected = desk.people.online.value.agents.has(agent.id);
  const presence = !connected ? 'offline' : agent.availability === 'away' ? 'away' : 'online';
  return (
    <tr>
      <td>
        <span class="row">
          <Avatar id={agent.id} name={agent.name} size="s" />
          <span class="col">
            <span class="mid">{agent.name}</span>
            <span class="small t3">{agent.email}</span>
          </span>
        </span>
      </td>
      <td>{roleName(agent.role)}</td>
      <td class="t2">
        {agent.teams
          .map((team) => desk.people.teams.value.get(team)?.name)
          .filter(Boolean)
          .join(w.listStop)}
      </td>
      <td>
        {agent.disabled ? (
          <Badge tone="warn">{w.disabled}</Badge>
        ) : (
          <span class="row row-s">
            <Dot state={presence} />
            {w[presence]}
          </span>
        )}
      </td>
      <td>
        {may && (
          <Button kind="ghost" size="s" onPress={onEdit}>
            {w.edit}
          </Button>
        )}
      </td>
    </tr>
  );
}

function NewAgent({ desk, onDone }: { desk: Desk; onDone: () => void }) {
  const w = t();
  const [form, setForm] = useState({ name: '', email: '', role: 'agent', password: '' });
  const [teams, setTeams] = useState<readonly string[]>([]);
  const fault =
    faultOf(form.name, form.email) ??
    ([...form.password].length < PASSWORD_CHARACTERS_MIN ? w.shortPassword(PASSWORD_CHARACTERS_MIN) : null);
  const save = async (): Promise<void> => {
    const body = { ...form, name: form.name.trim(), email: form.email.trim(), teams };
    const { agent } = await desk.api.post<{ agent: Colleague }>('api/v1/agents', body);
    desk.people.receive({ t: 'agent_status', agent });
    desk.say(w.created);
    onDone();
  };
  return (
    <SaveForm
      dirty={form.name !== '' || form.email !== ''}
      fault={fault}
      action={w.addAgent}
      onSave={save}
      onCancel={onDone}
    >
      <div class="form-grid">
        <TextField
          label={w.name}
          field="name"
          focus
          maxLength={100}
          autocomplete="off"
          value={form.name}
          onInput={(name) => setForm({ ...form, name })}
        />
        <TextField
          label={w.email}
          field="email"
          type="email"
          maxLength={200}
          autocomplete="off"
          value={form.email}
          onInput={(email) => setForm({ ...form, email })}
        />
        <RoleField value={form.role} onChange={(role) => setForm({ ...form, role })} />
        <PasswordField
          label={w.initialPassword}
          field="password"
          autocomplete="new-password"
          hint={w.initialPasswordHint(PASSWORD_CHARACTERS_MIN)}
          value={form.password}
          onInput={(password) => setForm({ ...form, password })}
        />
        <TeamChecks desk={desk} chosen={teams} onChange={setTeams} />
      </div>
    </SaveForm>
  );
}

interface EditAgentProps {
  desk: Desk;
  agent: Colleague;
  secondStep: boolean;
  onReset: () => void;
  onDone: () => void;
}

function EditAgent({ desk, agent, secondStep, onReset, onDone }: EditAgentProps) {
  const w = t();
  const [form, setForm] = useState({
    name: agent.name,
    email: agent.email,
    role: agent.role,
    disabled: agent.disabled,
  });
  const [teams, setTeams] = useState<readonly string[]>(agent.teams);
  const [password, setPassword] = useState('');
  const short = password !== '' && [...password].length < PASSWORD_CHARACTERS_MIN;
  const changes = {
    ...(form.name !== agent.name ? { name: form.name.trim() } : {}),
    ...(form.email !== agent.email ? { email: form.email.trim() } : {}),
    ...(form.role !== agent.role ? { role: form.role } : {}),
    ...(form.disabled !== agent.disabled ? { disabled: form.disabled } : {}),
    ...(teams.join() !== agent.teams.join() ? { teams } : {}),
    ...(password ? { password } : {}),
  };
  const save = async (): Promise<void> => {
    const answer = await desk.api.patch<{ agent: Colleague }>(`api/v1/agents/${agent.id}`, changes);
    desk.people.receive({ t: 'agent_status', agent: answer.agent });
    desk.say(w.saved);
    onDone();
  };
  const self = agent.id === desk.me.agent.id;
  return (
    <SaveForm
      dirty={Object.keys(changes).length > 0}
      fault={faultOf(form.name, form.email) ?? (short ? w.shortPassword(PASSWORD_CHARACTERS_MIN) : null)}
      onSave={save}
      onCancel={onDone}
    >
      <div class="form-grid">
        <TextField
          label={w.name}
          field="name"
          focus
          maxLength={100}
          value={form.name}
          onInput={(name) => setForm({ ...form, name })}
        />
        <TextField
          label={w.email}
          field="email"
          type="email"
          maxLength={200}
          autocomplete="off"
          value={form.email}
          onInput={(email) => setForm({ ...form, email })}
        />
        <RoleField value={form.role} onChange={(role) => setForm({ ...form, role })} disabled={self} />
        {!self && (
          <PasswordField
            label={w.newPassword}
            field="password"
            autocomplete="new-password"
            hint={w.newPasswordEmpty}
            value={password}
            onInput={setPassword}
          />
        )}
        <TeamChecks desk={desk} chosen={teams} onChange={setTeams} />
        {!self && secondStep && <AgentSecondStep desk={desk} agent={agent} onReset={onReset} />}
        {!self && (
          <div class="wide">
            <Switch on={!form.disabled} onChange={(on) => setForm({ ...form, disabled: !on })}>
              {form.disabled ? w.disabled : w.active}
            </Switch>
          </div>
        )}
      </div>
    </SaveForm>
  );
}

function RoleField({
  value,
  onChange,
  disabled = false,
}: {
  value: string;
  onChange: (role: string) => void;
  disabled?: boolean;
}) {
  const choices = ROLES.map((role) => ({ value: role, label: roleName(role) }));
  return <SelectField label={t().role} field="role" value={value} choices={choices} onChange={onChange} disabled={disabled} />;
}

function TeamChecks({
  desk,
  chosen,
  onChange,
}: {
  desk: Desk;
  chosen: readonly string[];
  onChange: (teams: readonly string[]) => void;
}) {
  const w = t();
  const teams = [...desk.people.teams.value.values()];
  if (teams.length === 0) return null;
  const toggle = (id: string, on: boolean): void =>
    onChange(on ? [...chosen, id] : chosen.filter((team) => team !== id));
  return (
    <div class="field wide" role="group" aria-label={w.teams}>
      <span class="label">{w.teams}</span>
      <div class="checks">
        {teams.map(({ id, name }) => (
          <Checkbox key={id} on={chosen.includes(id)} onChange={(on) => toggle(id, on)}>
            {name}
          </Checkbox>
        ))}
      </div>
    </div>
  );
}

function roleName(role: string): string {
  return role in t().roles ? t().roles[role as Role] : role;
}

function faultOf(name: string, email: string): string | null {
  if (name.trim() === '') return t().needed(t().name);
  return /^\S+@\S+\.\S+$/u.test(email.trim()) ? null : t().badEmail;
}
