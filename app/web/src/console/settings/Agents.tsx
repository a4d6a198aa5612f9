import { useEffect, useState } from 'preact/hooks';
import type { Colleague } from '../../kit/frames';
import { sentences } from '../../kit/i18n';
import { Avatar } from '../../kit/ui/Avatar';
import { Badge } from '../../kit/ui/Badge';
import { Dot } from '../../kit/ui/Dot';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Table } from '../../kit/ui/Table';
import { Checkbox, Switch } from '../../kit/ui/Toggle';
import { PasswordField } from '../entry/PasswordField';
import { t as access } from '../entry/accessWords';
import { PASSWORD_CHARACTERS_MIN } from '../limits';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import { presenceOf } from '../state/presence';
import { reasonText, t as routing } from '../routing/words';
import { reason } from '../state/session';
import { t } from '../words';
import { AgentLink } from './AgentLink';
import { AgentSecondStep } from './AgentSecondStep';
import { AgentSessions } from './AgentSessions';
import { listed } from './Routing';
import { type Role, roleName, useRoles } from './roleBook';
import { SaveForm } from './SaveForm';

/** Who works at this desk. */
export function Agents() {
  const desk = useDesk();
  const w = t();
  const [open, setOpen] = useState<string | null>(null);
  const [invited, setInvited] = useState<Colleague | null>(null);
  const may = desk.may('agents.manage');
  const roles = useRoles(desk).book?.roles ?? [];
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
          <NewAgent desk={desk} roles={roles} onDone={close} onInvite={setInvited} />
        </Card>
      )}
      {invited && (
        <Card key={invited.id} title={invited.name} note={invited.email}>
          <div class="card-body">
            <AgentLink desk={desk} agent={invited} now />
            <div class="form-foot">
              <Button onPress={() => setInvited(null)}>{access().done}</Button>
            </div>
          </div>
        </Card>
      )}
      {edited && (
        <Card key={edited.id} title={edited.name} note={edited.email}>
          <EditAgent
            desk={desk}
            roles={roles}
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
            <AgentRow key={agent.id} desk={desk} roles={roles} agent={agent} may={may} onEdit={() => setOpen(agent.id)} />
          ))}
        </Table>
      </Card>
    </>
  );
}

function AgentRow({ desk, roles, agent, may, onEdit }: { desk: Desk; roles: readonly Role[]; agent: Colleague; may: boolean; onEdit: () => void }) {
  const w = t();
  const connected = desk.people.online.value.agents.has(agent.id);
  const presence = connected ? presenceOf(agent.availability) : 'offline';
  const why = presence === 'away' && agent.away_reason !== '' ? ` · ${reasonText(agent.away_reason)}` : '';
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
      <td>{roleName(agent.role, roles)}</td>
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
            {why}
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

interface NewAgentProps {
  desk: Desk;
  roles: readonly Role[];
  onDone: () => void;
  /** He has no password yet. */
  onInvite: (agent: Colleague) => void;
}

function NewAgent({ desk, roles, onDone, onInvite }: NewAgentProps) {
  const w = t();
  const [form, setForm] = useState({ name: '', email: '', role: 'agent', password: '' });
  const [teams, setTeams] = useState<readonly string[]>([]);
  const fault =
    faultOf(form.name, form.email) ??
    (form.password !== '' && [...form.password].length < PASSWORD_CHARACTERS_MIN ? w.shortPassword(PASSWORD_CHARACTERS_MIN) : null);
  const save = async (): Promise<void> => {
    const body = { ...form, name: form.name.trim(), email: form.email.trim(), teams };
    const { agent } = await desk.api.post<{ agent: Colleague }>('api/v1/agents', body);
    desk.people.receive({ t: 'agent_status', agent });
    desk.say(w.created);
    if (form.password === '') onInvite(agent);
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
        <RoleField roles={roles} value={form.role} onChange={(role) => setForm({ ...form, role })} />
        <PasswordField
          label={w.initialPassword}
          field="password"
          autocomplete="new-password"
          hint={sentences(w.initialPasswordHint(PASSWORD_CHARACTERS_MIN), access().invite)}
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
  roles: readonly Role[];
  agent: Colleague;
  secondStep: boolean;
  onReset: () => void;
  onDone: () => void;
}

function EditAgent({ desk, roles, agent, secondStep, onReset, onDone }: EditAgentProps) {
  const w = t();
  const [form, setForm] = useState({
    name: agent.name,
    email: agent.email,
    role: agent.role,
    disabled: agent.disabled,
  });
  const [teams, setTeams] = useState<readonly string[]>(agent.teams);
  const [password, setPassword] = useState('');
  const [taken, setTaken] = useState(takenOf(agent));
  const short = password !== '' && [...password].length < PASSWORD_CHARACTERS_MIN;
  const changes = {
    ...(form.name !== agent.name ? { name: form.name.trim() } : {}),
    ...(form.email !== agent.email ? { email: form.email.trim() } : {}),
    ...(form.role !== agent.role ? { role: form.role } : {}),
    ...(form.disabled !== agent.disabled ? { disabled: form.disabled } : {}),
    ...(teams.join() !== agent.teams.join() ? { teams } : {}),
    ...(password ? { password } : {}),
    ...takes(agent, taken),
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
      fault={faultOf(form.name, form.email) ?? faultOfTaken(taken) ?? (short ? w.shortPassword(PASSWORD_CHARACTERS_MIN) : null)}
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
        <RoleField roles={roles} value={form.role} onChange={(role) => setForm({ ...form, role })} disabled={self} />
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
        <TextField
          label={routing().capacity}
          field="capacity"
          inputMode="numeric"
          maxLength={3}
          hint={routing().capacityHint}
          value={taken.capacity}
          onInput={(capacity) => setTaken({ ...taken, capacity })}
        />
        <TextField
          label={routing().languages}
          field="languages"
          maxLength={80}
          hint={routing().languagesHint}
          value={taken.languages}
          onInput={(languages) => setTaken({ ...taken, languages })}
        />
        <div class="wide">
          <TextField
            label={routing().skills}
            field="skills"
            maxLength={400}
            hint={routing().skillsHint}
            value={taken.skills}
            onInput={(skills) => setTaken({ ...taken, skills })}
          />
        </div>
        {!self && !agent.disabled && <AgentLink desk={desk} agent={agent} />}
        {!self && <AgentSessions desk={desk} agent={agent} />}
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

/** What routing may give him, as the form holds it. */
function takenOf({ capacity, skills, languages }: Colleague) {
  return { capacity: String(capacity), skills: skills.join(', '), languages: languages.join(', ') };
}

/** What of it differs from what is in effect. */
function takes(agent: Colleague, taken: ReturnType<typeof takenOf>): object {
  const skills = listed(taken.skills);
  const languages = listed(taken.languages);
  return {
    ...(Number(taken.capacity) !== agent.capacity ? { capacity: Number(taken.capacity) } : {}),
    ...(skills.join() !== agent.skills.join() ? { skills } : {}),
    ...(languages.join() !== agent.languages.join() ? { languages } : {}),
  };
}

function faultOfTaken({ capacity, languages }: ReturnType<typeof takenOf>): string | null {
  if (!/^\d{1,2}$|^100$/u.test(capacity.trim())) return routing().badCapacity;
  return listed(languages).every((tag) => /^[a-z]{2,3}$/u.test(tag)) ? null : routing().badLanguages;
}

function RoleField({
  roles,
  value,
  onChange,
  disabled = false,
}: {
  roles: readonly Role[];
  value: string;
  onChange: (role: string) => void;
  disabled?: boolean;
}) {
  const known = roles.some(({ id }) => id === value) ? roles : [...roles, { id: value }];
  const choices = known.map(({ id }) => ({ value: id, label: roleName(id, roles) }));
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

function faultOf(name: string, email: string): string | null {
  if (name.trim() === '') return t().needed(t().name);
  return /^\S+@\S+\.\S+$/u.test(email.trim()) ? null : t().badEmail;
}
