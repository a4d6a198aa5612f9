import { useState } from 'preact/hooks';
import { Avatar } from '../../kit/ui/Avatar';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty } from '../../kit/ui/Empty';
import { TextField } from '../../kit/ui/Field';
import { Table } from '../../kit/ui/Table';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import type { Team } from '../state/people';
import { t } from '../words';
import { SaveForm } from './SaveForm';

/** As many faces as stand in a row; the names are all there. */
const FACES_MAX = 5;

/** The teams to which conversations go. Who is in one is decided at the agent, whose rights it changes. */
export function Teams() {
  const desk = useDesk();
  const w = t();
  const [open, setOpen] = useState<string | null>(null);
  const may = desk.may('teams.manage');
  const teams = [...desk.people.teams.value.values()].sort((one, other) => one.name.localeCompare(other.name));
  const edited = teams.find(({ id }) => id === open);
  const close = (): void => setOpen(null);
  return (
    <>
      <div class="settings-title">
        <h2>{w.teams}</h2>
        <span class="end">
          <Button icon="plus" disabled={!may} reason={may ? undefined : w.notAllowed} onPress={() => setOpen('new')}>
            {w.addTeam}
          </Button>
        </span>
      </div>
      {open === 'new' && (
        <Card title={w.newTeam}>
          <TeamForm desk={desk} team={null} onDone={close} />
        </Card>
      )}
      {edited && (
        <Card key={edited.id} title={edited.name}>
          <TeamForm desk={desk} team={edited} onDone={close} />
        </Card>
      )}
      <Card>
        {teams.length === 0 ? (
          <Empty icon="users" title={w.noTeams}>
            {w.noTeamsNext}
          </Empty>
        ) : (
          <Table fold label={w.teams} head={[w.team, w.members, <span class="sr">{w.edit}</span>]}>
            {teams.map((team) => (
              <TeamRow key={team.id} desk={desk} team={team} may={may} onEdit={() => setOpen(team.id)} />
            ))}
          </Table>
        )}
      </Card>
    </>
  );
}

function TeamRow({ desk, team, may, onEdit }: { desk: Desk; team: Team; may: boolean; onEdit: () => void }) {
  const w = t();
  const members = [...desk.people.colleagues.value.values()].filter(({ teams }) => teams.includes(team.id));
  return (
    <tr>
      <td class="mid">{team.name}</td>
      <td>
        {members.length === 0 ? (
          <span class="t3">{w.noMembers}</span>
        ) : (
          <span class="row">
            <span class="stack" aria-hidden="true">
              {members.slice(0, FACES_MAX).map((agent) => (
                <Avatar key={agent.id} id={agent.id} name={agent.name} size="s" />
              ))}
            </span>
            <span class="t2">{members.map(({ name }) => name).join(w.listStop)}</span>
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

/** A new team, or another name for one. */
function TeamForm({ desk, team, onDone }: { desk: Desk; team: Team | null; onDone: () => void }) {
  const w = t();
  const [name, setName] = useState(team?.name ?? '');
  const save = async (): Promise<void> => {
    const body = { name: name.trim() };
    const answer = team
      ? await desk.api.patch<{ team: Team }>(`api/v1/teams/${team.id}`, body)
      : await desk.api.post<{ team: Team }>('api/v1/teams', body);
    desk.people.teams.value = new Map(desk.people.teams.value).set(answer.team.id, answer.team);
    desk.say(team ? w.saved : w.created);
    onDone();
  };
  return (
    <SaveForm
      dirty={name.trim() !== (team?.name ?? '')}
      fault={name.trim() === '' ? w.needed(w.teamName) : null}
      action={team ? undefined : w.addTeam}
      onSave={save}
      onCancel={onDone}
    >
      <TextField label={w.teamName} field="name" focus maxLength={80} hint={w.membersHint} value={name} onInput={setName} />
    </SaveForm>
  );
}
