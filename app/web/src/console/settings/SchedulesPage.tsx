import { useState } from 'preact/hooks';
import { hoursLines } from '../../kit/hours';
import { language } from '../../kit/i18n';
import type { Hours } from '../../kit/inbox';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty, Failure } from '../../kit/ui/Empty';
import { TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { type Desk, useDesk } from '../state/desk';
import type { Team } from '../state/people';
import { reason } from '../state/session';
import { t as words } from '../words';
import { FollowField } from './FollowField';
import { faultOf } from './HolidayList';
import { HoursEditor } from './HoursEditor';
import { SaveForm } from './SaveForm';
import { t } from './hoursWords';
import { NO_HOURS, type Schedule, type TeamHours, useSchedules } from './schedules';

/** Opening hours that inboxes and teams share, and when each team is there. */
export function Schedules() {
  const desk = useDesk();
  const w = t();
  const told = useSchedules(desk);
  const [open, setOpen] = useState<string | null>(null);
  const may = desk.may('inboxes.manage');
  const edited = told.schedules.find(({ id }) => id === open);
  const done = (): void => {
    setOpen(null);
    told.load();
  };
  return (
    <>
      <div class="settings-title">
        <h2>{words().hours}</h2>
        <span class="end">
          <Button icon="plus" disabled={!may} reason={may ? undefined : words().notAllowed} onPress={() => setOpen('new')}>
            {w.add}
          </Button>
        </span>
      </div>
      <p class="t2">{w.lead}</p>
      {(open === 'new' || edited) && (
        <Card key={open} title={edited ? w.change(edited.name) : w.add}>
          <ScheduleForm desk={desk} schedule={edited ?? null} onDone={done} />
        </Card>
      )}
      <Card>
        {told.why !== '' ? (
          <Failure
            title={w.failed}
            reason={told.why}
            retry={
              <Button size="s" icon="refresh" onPress={told.load}>
                {words().retry}
              </Button>
            }
          />
        ) : !told.known ? (
          <Skeleton label={words().loading} rows={3} face={false} />
        ) : told.schedules.length === 0 ? (
          <Empty icon="clock" title={w.none}>
            {w.noneNext}
          </Empty>
        ) : (
          <Table fold label={words().hours} head={[w.name, w.week, w.followers, <span class="sr">{words().edit}</span>]}>
            {told.schedules.map((schedule) => (
              <ScheduleRow
                key={schedule.id}
                desk={desk}
                schedule={schedule}
                teams={told.teams}
                may={may}
                onEdit={() => setOpen(schedule.id)}
                onGone={told.load}
              />
            ))}
          </Table>
        )}
      </Card>
      {told.known && desk.people.teams.value.size > 0 && <TeamsThere desk={desk} schedules={told.schedules} teams={told.teams} onSaved={told.load} />}
    </>
  );
}

interface ScheduleRowProps {
  desk: Desk;
  schedule: Schedule;
  teams: readonly TeamHours[];
  may: boolean;
  onEdit: () => void;
  onGone: () => void;
}

function ScheduleRow({ desk, schedule, teams, may, onEdit, onGone }: ScheduleRowProps) {
  const w = t();
  const inboxes = [...desk.people.inboxes.value.values()].filter(({ schedule_id }) => schedule_id === schedule.id);
  const followers = teams.filter(({ schedule_id }) => schedule_id === schedule.id).map(({ team_id }) => desk.people.teams.value.get(team_id)?.name ?? '');
  const names = [...inboxes.map(({ name }) => name), ...followers].filter(Boolean);
  const remove = (): void => {
    desk.api.delete(`api/v1/schedules/${schedule.id}`).then(
      () => {
        desk.say(w.removed);
        onGone();
      },
      (error: unknown) => desk.say(reason(error)),
    );
  };
  return (
    <tr>
      <td class="mid">{schedule.name}</td>
      <td class="t2">{summary(schedule.hours)}</td>
      <td>{names.length === 0 ? <span class="t3">{w.nobody}</span> : names.join(words().listStop)}</td>
      <td>
        {may && (
          <span class="row">
            <Button kind="ghost" size="s" icon="pen" label={w.change(schedule.name)} onPress={onEdit} />
            <Button kind="ghost" size="s" icon="x" label={w.remove(schedule.name)} onPress={remove} />
          </span>
        )}
      </td>
    </tr>
  );
}

/** A week in one line: `Mon–Fri 9:00–18:00`. */
function summary(hours: Hours): string {
  if (hours.periods.length === 0) return t().always;
  return hoursLines(hours.periods, language.value).map(({ days, times }) => `${days} ${times}`).join(language.value === 'zh' ? '；' : '; ');
}

function ScheduleForm({ desk, schedule, onDone }: { desk: Desk; schedule: Schedule | null; onDone: () => void }) {
  const w = t();
  const [before] = useState({ name: schedule?.name ?? '', hours: schedule?.hours ?? NO_HOURS });
  const [form, setForm] = useState(before);
  const save = async (): Promise<void> => {
    await (schedule ? desk.api.patch(`api/v1/schedules/${schedule.id}`, form) : desk.api.post('api/v1/schedules', form));
    desk.say(words().saved);
    onDone();
  };
  const fault = form.name.trim() === '' ? words().needed(w.name) : faultOf(form.hours.holidays);
  return (
    <SaveForm dirty={JSON.stringify(form) !== JSON.stringify(before)} fault={fault} onSave={save} onCancel={onDone}>
      <TextField label={w.name} field="name" focus maxLength={80} value={form.name} onInput={(name) => setForm({ ...form, name })} />
      <HoursEditor hours={form.hours} onChange={(hours) => setForm({ ...form, hours })} />
    </SaveForm>
  );
}

interface TeamsThereProps {
  desk: Desk;
  schedules: readonly Schedule[];
  teams: readonly TeamHours[];
  onSaved: () => void;
}

/** When each team is there: a team of which nothing is said always is. */
function TeamsThere({ desk, schedules, teams, onSaved }: TeamsThereProps) {
  const w = t();
  const [open, setOpen] = useState<string | null>(null);
  const may = desk.may('teams.manage');
  const sorted = [...desk.people.teams.value.values()].sort((one, other) => one.name.localeCompare(other.name));
  const edited = sorted.find(({ id }) => id === open);
  return (
    <>
      <div class="settings-title">
        <h2>{w.teams}</h2>
      </div>
      <p class="t2">{w.teamsLead}</p>
      {edited && (
        <Card key={edited.id} title={w.ownChange(edited.name)}>
          <TeamForm
            desk={desk}
            team={edited}
            told={teams.find(({ team_id }) => team_id === edited.id)}
            schedules={schedules}
            onCancel={() => setOpen(null)}
            onDone={() => {
              setOpen(null);
              onSaved();
            }}
          />
        </Card>
      )}
      <Card>
        <Table fold label={w.teams} head={[w.team, w.follows, <span class="sr">{words().edit}</span>]}>
          {sorted.map((team) => {
            const told = teams.find(({ team_id }) => team_id === team.id);
            const followed = schedules.find(({ id }) => id === told?.schedule_id);
            return (
              <tr key={team.id}>
                <td class="mid">{team.name}</td>
                <td class="t2">{followed?.name ?? summary(told?.hours ?? NO_HOURS)}</td>
                <td>{may && <Button kind="ghost" size="s" icon="pen" label={w.ownChange(team.name)} onPress={() => setOpen(team.id)} />}</td>
              </tr>
            );
          })}
        </Table>
      </Card>
    </>
  );
}

interface TeamFormProps {
  desk: Desk;
  team: Team;
  told: TeamHours | undefined;
  schedules: readonly Schedule[];
  onDone: () => void;
  onCancel: () => void;
}

function TeamForm({ desk, team, told, schedules, onDone, onCancel }: TeamFormProps) {
  const [before] = useState({ schedule_id: told?.schedule_id ?? null, hours: told?.hours ?? NO_HOURS });
  const [form, setForm] = useState(before);
  const save = async (): Promise<void> => {
    await desk.api.put(`api/v1/teams/${team.id}/hours`, form);
    desk.say(words().saved);
    onDone();
  };
  return (
    <SaveForm dirty={JSON.stringify(form) !== JSON.stringify(before)} fault={faultOf(form.hours.holidays)} onSave={save} onCancel={onCancel}>
      <FollowField schedules={schedules} schedule={form.schedule_id} onFollow={(schedule_id) => setForm({ ...form, schedule_id })} />
      {form.schedule_id === null && <HoursEditor hours={form.hours} onChange={(hours) => setForm({ ...form, hours })} />}
    </SaveForm>
  );
}
