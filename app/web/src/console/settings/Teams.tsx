import { useState } from 'preact/hooks';
import { Avatar } from '../../kit/ui/Avatar';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty } from '../../kit/ui/Empty';
import { TextField } from '../../kit/ui/Field';
import { Table } from '../../kit/ui/Table';
import { useDesk } from '../state/desk';
import type { Team } from '../state/people';
import { t } from '../words';
import { SaveForm } from './SaveForm';

/** The teams to which conversations go. */
export function Teams() {
  const desk = useDesk();
  const w = t();
  const [adding, setAdding] = useState(false);
  const may = desk.may('teams.manage');
  const teams = [...desk.people.teams.value.values()];
  const membersOf = (id: string) =>
    [...desk.people.colleagues.value.values()].filter((agent) => agent.teams.includes(id));
  return (
    <>
      <div class="settings-title">
        <h2>{w.teams}</h2>
        <span class="end">
          <Button icon="plus" disabled={!may} reason={may ? undefined : w.notAllowed} onPress={() => setAdding(true)}>
            {w.addTeam}
          </Button>
        </span>
      </div>
      {adding && (
        <Card title={w.newTeam}>
          <NewTeam onDone={() => setAdding(false)} />
        </Card>
      )}
      <Card>
        {teams.length === 0 ? (
          <Empty icon="users" title={w.noTeams}>
            {w.noTeamsNext}
          </Empty>
        ) : (
          <Table label={w.teams} head={[w.team, w.members]}>
            {teams.map(({ id, name }) => (
              <tr key={id}>
                <td class="mid">{name}</td>
                <td>
                  <span class="stack">
                    {membersOf(id).map((agent) => (
                      <span key={agent.id} title={agent.name}>
                        <Avatar id={agent.id} name={agent.name} size="s" />
                        <span class="sr">{agent.name}</span>
                      </span>
                    ))}
                  </span>
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
    </>
  );
}

function NewTeam({ onDone }: { onDone: () => void }) {
  const desk = useDesk();
  const w = t();
  const [name, setName] = useState('');
  const save = async (): Promise<void> => {
    const { team } = await desk.api.post<{ team: Team }>('api/v1/teams', { name: name.trim() });
    desk.people.teams.value = new Map(desk.people.teams.value).set(team.id, team);
    desk.say(w.created);
    onDone();
  };
  return (
    <SaveForm dirty={name.trim() !== ''} action={w.addTeam} onSave={save} onCancel={onDone}>
      <TextField label={w.teamName} focus maxLength={100} value={name} onInput={setName} />
    </SaveForm>
  );
}
