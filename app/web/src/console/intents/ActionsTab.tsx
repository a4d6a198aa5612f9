import { useEffect } from 'preact/hooks';
import { Card } from '../../kit/ui/Card';
import { Empty } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Checkbox } from '../../kit/ui/Toggle';
import type { PartProps } from './IntentPage';
import { Ordered } from './Ordered';
import { useBook } from './book';
import { put } from './draft';
import type { Action, Intent, Texts } from './model';
import { t } from './words';

const KINDS = ['records.look_up', 'tickets.open', 'tags.add', 'teams.route', 'hand_over'] as const;
type Kind = (typeof KINDS)[number];
const RECORD_KINDS = ['order', 'shipment', 'ticket', 'customer'] as const;
const ACTIONS_MAX = 10;

/** What is done, in this order: looked up, opened, tagged, routed. */
export function ActionsTab({ intent, may, onChange }: PartProps) {
  const w = t();
  const add = may && intent.actions.length < ACTIONS_MAX && (
    <div class="action-add">
      <SelectField
        key={intent.actions.length}
        label={w.addAction}
        value=""
        choices={[{ value: '', label: w.chooseAction }, ...KINDS.map((kind) => ({ value: kind, label: w.actionKinds[kind] }))]}
        onChange={(kind) => kind !== '' && onChange({ actions: [...intent.actions, fresh(kind as Kind)] })}
      />
    </div>
  );
  return (
    <Card title={w.tabs.actions}>
      {intent.actions.length === 0 ? (
        <Empty icon="bolt" title={w.noActions} action={add || undefined}>
          {w.noActionsNext}
        </Empty>
      ) : (
        <>
          <Ordered label={w.tabs.actions} list={intent.actions} may={may} nameOf={(action) => w.actionKinds[action.do]} onChange={(actions) => onChange({ actions })}>
            {(action, index) => <ActionForm action={action} intent={intent} may={may} onChange={(changed) => onChange({ actions: put(intent.actions, index, changed) })} />}
          </Ordered>
          {add && <div class="card-body">{add}</div>}
        </>
      )}
    </Card>
  );
}

function fresh(kind: Kind): Action {
  switch (kind) {
    case 'records.look_up':
      return { do: kind, kind: 'order', slot: '', missing: {} };
    case 'tickets.open':
      return { do: kind, title: {}, priority: 2 };
    case 'tags.add':
      return { do: kind, tags: [] };
    case 'teams.route':
      return { do: kind, team: '' };
    case 'hand_over':
      return { do: kind };
  }
}

function ActionForm({ action, intent, may, onChange }: { action: Action; intent: Intent; may: boolean; onChange: (action: Action) => void }) {
  const w = t();
  switch (action.do) {
    case 'records.look_up':
      return (
        <div class="form-grid">
          <SelectField
            label={w.recordKind}
            value={action.kind}
            disabled={!may}
            choices={[...new Set([...RECORD_KINDS, action.kind])].map((kind) => ({ value: kind, label: w.recordKinds[kind] ?? kind }))}
            onChange={(kind) => onChange({ ...action, kind })}
          />
          <SelectField
            label={w.bySlot}
            value={action.slot}
            disabled={!may}
            choices={[{ value: '', label: w.allOwn }, ...intent.slots.map(({ name }) => ({ value: name, label: name }))]}
            onChange={(slot) => onChange({ ...action, slot })}
          />
          <Both label={w.missing} value={action.missing} may={may} lines={2} onChange={(missing) => onChange({ ...action, missing })} />
        </div>
      );
    case 'tickets.open':
      return (
        <div class="form-grid">
          <Both label={w.ticketTitle} value={action.title} may={may} onChange={(title) => onChange({ ...action, title })} />
          <SelectField
            label={w.ticketPriority}
            value={String(action.priority)}
            disabled={!may}
            choices={([1, 2, 3, 4] as const).map((priority) => ({ value: String(priority), label: w.priorities[priority] }))}
            onChange={(priority) => onChange({ ...action, priority: Number(priority) })}
          />
        </div>
      );
    case 'tags.add':
      return <TagBoxes tags={action.tags} may={may} onChange={(tags) => onChange({ ...action, tags })} />;
    case 'teams.route':
      return <TeamChoice team={action.team} may={may} onChange={(team) => onChange({ ...action, team })} />;
    case 'hand_over':
      return <p class="small t2">{w.handOverWhat}</p>;
  }
}

function Both({ label, value, may, lines, onChange }: { label: string; value: Texts; may: boolean; lines?: number; onChange: (value: Texts) => void }) {
  const w = t();
  return (
    <>
      {(['zh', 'en'] as const).map((language) => (
        <TextField
          key={language}
          label={`${label} · ${w.languages[language]}`}
          {...(lines === undefined ? {} : { lines })}
          disabled={!may}
          maxLength={lines === undefined ? 200 : 4_000}
          value={value[language] ?? ''}
          onInput={(text) => onChange({ ...value, [language]: text })}
        />
      ))}
    </>
  );
}

function TagBoxes({ tags, may, onChange }: { tags: readonly string[]; may: boolean; onChange: (tags: readonly string[]) => void }) {
  const { desk } = useBook();
  const w = t();
  useEffect(() => void desk.tags.load(), [desk]);
  const known = [...desk.tags.all.value.values()].filter(({ archived }) => !archived).map(({ name }) => name);
  const names = [...new Set([...known, ...tags])];
  if (names.length === 0) return <p class="small t2">{w.noTags}</p>;
  return (
    <fieldset class="permissions" disabled={!may}>
      <legend class="label">{w.tagsPut}</legend>
      <div class="checks">
        {names.map((name) => (
          <Checkbox key={name} on={tags.includes(name)} disabled={!may} onChange={(on) => onChange(on ? [...tags, name] : tags.filter((one) => one !== name))}>
            {name}
          </Checkbox>
        ))}
      </div>
    </fieldset>
  );
}

function TeamChoice({ team, may, onChange }: { team: string; may: boolean; onChange: (team: string) => void }) {
  const { desk } = useBook();
  const w = t();
  const names = [...new Set([...[...desk.people.teams.value.values()].map(({ name }) => name), ...(team === '' ? [] : [team])])];
  return <SelectField label={w.team} hint={w.teamHint} value={team} disabled={!may} choices={[...(team === '' ? [{ value: '', label: w.choose }] : []), ...names.map((name) => ({ value: name, label: name }))]} onChange={onChange} />;
}
