import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Field, SelectField } from '../../kit/ui/Field';
import { Customer } from './Choosing';
import { type OwnField } from '../fields/model';
import { OwnFields } from './OwnFields';
import type { Held } from './TicketDetail';
import { PRIORITIES, TYPES, dayOf, endOfDay } from './model';
import { colleagues, teams } from './parts';
import { givable, nameOfStatus, useStatuses } from './statuses';
import { t } from './words';

/** What a ticket is: each field takes effect when it is chosen. */
export function Facts({ held, fields }: { held: Held; fields: readonly OwnField[] }) {
  const w = t();
  const { desk, may, detail, act } = held;
  const { ticket, watchers } = detail;
  const change = (facts: object): void => void act(() => desk.api.patch(`api/v1/tickets/${ticket.id}`, facts));
  const statuses = givable(useStatuses(desk, true)).map(({ id }) => ({ value: id, label: nameOfStatus(id) }));
  const watching = watchers.includes(desk.me.agent.id);
  const watch = (): void =>
    void act(() => {
      const path = `api/v1/tickets/${ticket.id}/watch`;
      return watching ? desk.api.delete(path) : desk.api.put(path, {});
    });
  return (
    <Card
      title={w.details}
      action={
        <Button kind="ghost" size="s" icon="eye" pressed={watching} onPress={watch}>
          {watching ? w.unwatch : w.watch}
        </Button>
      }
    >
      <div class="card-body ticket-facts">
        <SelectField
          label={w.status}
          value={ticket.status}
          disabled={!may}
          choices={withChosen(statuses, ticket.status, nameOfStatus)}
          onChange={(status) => change({ status })}
        />
        <SelectField
          label={w.priority}
          value={String(ticket.priority)}
          disabled={!may}
          choices={PRIORITIES.map((priority) => ({ value: String(priority), label: w.priorities[priority] ?? '' }))}
          onChange={(priority) => change({ priority: Number(priority) })}
        />
        <SelectField
          label={w.assignee}
          value={ticket.assignee_id ?? ''}
          disabled={!may}
          choices={withChosen([{ value: '', label: w.nobody }, ...colleagues(desk)], ticket.assignee_id, (id) => desk.nameOf(id))}
          onChange={(id) => change({ assignee_id: id || null })}
        />
        <SelectField
          label={w.team}
          value={ticket.team_id ?? ''}
          disabled={!may}
          choices={[{ value: '', label: w.noTeam }, ...teams(desk)]}
          onChange={(id) => change({ team_id: id || null })}
        />
        <SelectField
          label={w.type}
          value={ticket.type}
          disabled={!may}
          choices={TYPES.map((type) => ({ value: type, label: w.types[type] ?? type }))}
          onChange={(type) => change({ type })}
        />
        <Field label={w.due}>
          {(wiring) => (
            <input
              {...wiring}
              type="date"
              class="input"
              disabled={!may}
              value={dayOf(ticket.due_at)}
              onChange={(event) => change({ due_at: endOfDay(event.currentTarget.value) })}
            />
          )}
        </Field>
        <OwnFields held={held} fields={fields} />
        <dl class="ticket-people">
          <dt>{w.customer}</dt>
          <dd>
            <Customer held={held} />
          </dd>
          {watchers.length > 0 && <dt>{w.watchers}</dt>}
          {watchers.length > 0 && <dd>{watchers.map((id) => desk.nameOf(id)).join(' · ')}</dd>}
        </dl>
      </div>
    </Card>
  );
}

/** What is chosen stands in the list, also when it may be given no more. */
function withChosen(
  choices: readonly { value: string; label: string }[],
  chosen: string | null,
  nameOfOne: (id: string) => string,
): readonly { value: string; label: string }[] {
  if (chosen === null || choices.some(({ value }) => value === chosen)) return choices;
  return [...choices, { value: chosen, label: nameOfOne(chosen) }];
}
