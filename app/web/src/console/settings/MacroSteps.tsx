import { Button } from '../../kit/ui/Button';
import { SelectField, TextField } from '../../kit/ui/Field';
import type { Desk } from '../state/desk';
import type { Action } from '../state/macros';
import { PRIORITIES, REASONS } from '../tools/Labels';
import { t as toolWords } from '../tools/words';
import './Macros.css';
import { TagsStep } from './TagsStep';
import { t } from './macroWords';

export const KINDS = ['reply', 'note', 'tags', 'priority', 'assign', 'snooze', 'resolve', 'ticket'] as const;
export type Kind = (typeof KINDS)[number];
const ACTIONS_MAX = 10;
const MINUTES_PER_HOUR = 60;

interface StepListProps {
  desk: Desk;
  actions: readonly Action[];
  /** Which of them can be added. */
  kinds: readonly Kind[];
  /** Whether there is somebody who does it, to whom it can be given. */
  self?: boolean;
  onChange: (actions: readonly Action[]) => void;
}

/** What is done with a conversation, in this order. */
export function StepList({ desk, actions, kinds, self = true, onChange }: StepListProps) {
  const w = t();
  const put = (index: number, action: Action): void => onChange(actions.map((one, at) => (at === index ? action : one)));
  const drop = (index: number): void => onChange(actions.filter((_, at) => at !== index));
  const lift = (index: number): void => {
    const moving = [...actions];
    const [moved] = moving.splice(index, 1);
    if (moved) moving.splice(index - 1, 0, moved);
    onChange(moving);
  };
  return (
    <>
      {actions.map((action, index) => (
        <div key={index} class="macro-step" role="group" aria-label={`${index + 1}. ${w.kinds[action.do]}`}>
          <div class="macro-step-head">
            <span class="mid grow">
              {index + 1}. {w.kinds[action.do]}
            </span>
            {index > 0 && <Button kind="ghost" size="s" icon="up" label={w.earlier(index + 1)} onPress={() => lift(index)} />}
            <Button kind="ghost" size="s" icon="x" label={w.away(index + 1)} onPress={() => drop(index)} />
          </div>
          <StepForm desk={desk} action={action} self={self} onChange={(changed) => put(index, changed)} />
        </div>
      ))}
      {actions.length < ACTIONS_MAX && (
        <SelectField
          key={actions.length}
          label={w.addStep}
          field="actions"
          value=""
          choices={[{ value: '', label: toolWords().choose }, ...kinds.map((kind) => ({ value: kind, label: w.kinds[kind] }))]}
          onChange={(kind) => kind !== '' && onChange([...actions, fresh(kind as Kind, self)])}
        />
      )}
    </>
  );
}

function fresh(kind: Kind, self: boolean): Action {
  switch (kind) {
    case 'reply':
      return { do: 'reply', text_en: '', text_zh: '' };
    case 'note':
      return { do: 'note', text: '' };
    case 'tags':
      return { do: 'tags', add: [], remove: [] };
    case 'priority':
      return { do: 'priority', priority: 3 };
    case 'assign':
      return { do: 'assign', me: self, agent_id: null, team_id: null };
    case 'snooze':
      return { do: 'snooze', minutes: 24 * MINUTES_PER_HOUR, until: null };
    case 'resolve':
      return { do: 'resolve', reason: 'solved' };
    case 'ticket':
      return { do: 'ticket', title: '', priority: 2, type: 'question' };
  }
}

function StepForm({ desk, action, self, onChange }: { desk: Desk; action: Action; self: boolean; onChange: (action: Action) => void }) {
  const w = t();
  const tools = toolWords();
  switch (action.do) {
    case 'reply':
      return (
        <>
          <TextField label={w.chinese} lines={3} maxLength={4_000} value={action.text_zh} onInput={(text_zh) => onChange({ ...action, text_zh })} />
          <TextField label={w.english} lines={3} maxLength={4_000} value={action.text_en} onInput={(text_en) => onChange({ ...action, text_en })} />
        </>
      );
    case 'note':
      return <TextField label={w.text} lines={3} maxLength={4_000} value={action.text} onInput={(text) => onChange({ ...action, text })} />;
    case 'tags':
      return <TagsStep desk={desk} action={action} onChange={onChange} />;
    case 'priority':
      return (
        <SelectField
          label={tools.priority}
          value={String(action.priority)}
          choices={PRIORITIES.map((priority) => ({ value: String(priority), label: tools.priorities[priority] ?? '' }))}
          onChange={(priority) => onChange({ ...action, priority: Number(priority) })}
        />
      );
    case 'assign':
      return <AssignStep desk={desk} action={action} self={self} onChange={onChange} />;
    case 'snooze':
      return (
        <TextField
          label={w.hours}
          inputMode="numeric"
          value={action.minutes === null ? '' : String(action.minutes / MINUTES_PER_HOUR)}
          onInput={(text) => onChange({ ...action, minutes: Number(text) > 0 ? Math.round(Number(text) * MINUTES_PER_HOUR) : null })}
        />
      );
    case 'resolve':
      return (
        <SelectField
          label={w.why}
          value={action.reason}
          choices={REASONS.map((one) => ({ value: one, label: tools.reasons[one] ?? one }))}
          onChange={(value) => onChange({ ...action, reason: value })}
        />
      );
    case 'ticket':
      return <TextField label={w.title} maxLength={200} value={action.title} onInput={(title) => onChange({ ...action, title })} />;
  }
}

function AssignStep({ desk, action, self, onChange }: { desk: Desk; action: Extract<Action, { do: 'assign' }>; self: boolean; onChange: (action: Action) => void }) {
  const w = t();
  const agents = [...desk.people.colleagues.value.values()].filter(({ disabled, role }) => !disabled && role !== 'observer');
  const choices = [
    ...(self ? [{ value: 'me', label: w.me }] : []),
    ...(!self && action.agent_id === null && action.team_id === null ? [{ value: '', label: toolWords().choose }] : []),
    ...[...desk.people.teams.value.values()].map(({ id, name }) => ({ value: `team:${id}`, label: name })),
    ...agents.map(({ id, name }) => ({ value: `agent:${id}`, label: name })),
  ];
  const value = action.me ? 'me' : action.agent_id ? `agent:${action.agent_id}` : action.team_id ? `team:${action.team_id}` : '';
  const choose = (chosen: string): void => {
    const [kind, id = null] = chosen.split(':');
    onChange({ do: 'assign', me: kind === 'me', agent_id: kind === 'agent' ? id : null, team_id: kind === 'team' ? id : null });
  };
  return <SelectField label={w.to} value={value} choices={choices} onChange={choose} />;
}
