import { useEffect, useState } from 'preact/hooks';
import { words as both } from '../../kit/i18n';
import { language } from '../../kit/i18n';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty, Failure } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { type Desk, useDesk } from '../state/desk';
import type { Action, Macro } from '../state/macros';
import { reason } from '../state/session';
import { PRIORITIES, REASONS } from '../tools/Labels';
import { describe } from '../tools/describe';
import { t as toolWords } from '../tools/words';
import { t as words } from '../words';
import './Macros.css';
import { SaveForm } from './SaveForm';
import { TagsStep } from './TagsStep';

const KINDS = ['reply', 'note', 'tags', 'priority', 'assign', 'snooze', 'resolve', 'ticket'] as const;
type Kind = (typeof KINDS)[number];
const ACTIONS_MAX = 10;
const MINUTES_PER_HOUR = 60;

const t = both({
  en: {
    lead: 'Several things done with one conversation at once: all of them or nothing. What one would do is shown before.',
    add: 'Add a macro',
    none: 'No macros yet',
    noneNext: 'A macro answers, tags, hands over and resolves in one go.',
    failed: 'The macros could not be fetched',
    name: 'Name',
    does: 'Does',
    whose: 'For',
    scope: { me: 'Me', team: 'A team', all: 'Everybody' },
    team: 'Team',
    used: 'Used',
    change: (name: string) => `Change ${name}`,
    remove: (name: string) => `Delete ${name}`,
    steps: 'What it does, in this order',
    addStep: 'Add',
    earlier: (place: number) => `Step ${place} earlier`,
    away: (place: number) => `Take step ${place} away`,
    kinds: { reply: 'Answer', note: 'Note', tags: 'Tags', priority: 'Priority', assign: 'Hand over', snooze: 'Put off', resolve: 'Resolve', ticket: 'Make a ticket' },
    english: 'In English',
    chinese: 'In Chinese',
    text: 'Text',
    variables: 'Filled in when it is used: {{contact.name}} {{contact.email}} {{contact.phone}} {{agent.name}} {{inbox.name}}; {{contact.name|there}} says what stands where it is not known.',
    to: 'To',
    me: 'Whoever uses it',
    hours: 'Hours; empty: until the customer writes',
    why: 'Reason',
    title: 'Title; empty: what the customer said last',
    faultName: 'Give it a name',
    faultSteps: 'Say what it does',
  },
  zh: {
    lead: '对一个会话同时执行多项操作：全部执行，或全不执行。执行前会显示将要做什么。',
    add: '添加宏',
    none: '还没有宏',
    noneNext: '宏可以一次完成回复、加标签、转接和解决。',
    failed: '宏加载失败',
    name: '名称',
    does: '操作',
    whose: '适用',
    scope: { me: '自己', team: '团队', all: '所有人' },
    team: '团队',
    used: '使用次数',
    change: (name) => `修改${name}`,
    remove: (name) => `删除${name}`,
    steps: '依次执行',
    addStep: '添加',
    earlier: (place) => `第 ${place} 步上移`,
    away: (place) => `去掉第 ${place} 步`,
    kinds: { reply: '回复', note: '备注', tags: '标签', priority: '优先级', assign: '转接', snooze: '稍后处理', resolve: '解决', ticket: '新建工单' },
    english: '英文',
    chinese: '中文',
    text: '内容',
    variables: '使用时填入：{{contact.name}} {{contact.email}} {{contact.phone}} {{agent.name}} {{inbox.name}}；{{contact.name|您}} 可注明缺少时的文字。',
    to: '转给',
    me: '使用者自己',
    hours: '小时；留空则到客户来信为止',
    why: '原因',
    title: '标题；留空则用客户最后说的话',
    faultName: '请填写名称',
    faultSteps: '请添加操作',
  },
});

/** Macros: what is done again and again. */
export function Macros() {
  const desk = useDesk();
  const w = t();
  const { all, phase } = desk.macros;
  const [open, setOpen] = useState<Macro | 'new' | null>(null);
  useEffect(() => void desk.macros.load(), []);
  const done = (): void => {
    setOpen(null);
    void desk.macros.load();
  };
  const may = desk.may('conversations.write');
  return (
    <>
      <div class="settings-title">
        <h2>{words().macros}</h2>
        <span class="end">
          <Button icon="plus" disabled={!may} reason={may ? undefined : words().notAllowed} onPress={() => setOpen('new')}>
            {w.add}
          </Button>
        </span>
      </div>
      <p class="t2">{w.lead}</p>
      {open !== null && (
        <Card key={open === 'new' ? 'new' : open.id} title={open === 'new' ? w.add : w.change(open.name)}>
          <MacroForm desk={desk} macro={open === 'new' ? null : open} onDone={done} />
        </Card>
      )}
      <Card>
        {phase.value === 'failed' ? (
          <Failure
            title={w.failed}
            reason=""
            retry={
              <Button size="s" icon="refresh" onPress={() => void desk.macros.load()}>
                {words().retry}
              </Button>
            }
          />
        ) : phase.value !== 'ready' ? (
          <Skeleton label={words().loading} rows={3} face={false} />
        ) : all.value.length === 0 ? (
          <Empty icon="wand" title={w.none}>
            {w.noneNext}
          </Empty>
        ) : (
          <Table fold label={words().macros} head={[w.name, w.does, w.whose, w.used, <span class="sr">{words().edit}</span>]}>
            {all.value.map((macro) => (
              <Row key={macro.id} desk={desk} macro={macro} onOpen={setOpen} onDone={done} />
            ))}
          </Table>
        )}
      </Card>
    </>
  );
}

function Row({ desk, macro, onOpen, onDone }: { desk: Desk; macro: Macro; onOpen: (macro: Macro) => void; onDone: () => void }) {
  const w = t();
  const may = mayChange(desk, macro);
  const team = macro.team_id === null ? undefined : desk.people.teams.value.get(macro.team_id)?.name;
  const remove = (): void => {
    desk.api.delete(`api/v1/macros/${macro.id}`).then(onDone, (error: unknown) => desk.say(reason(error)));
  };
  return (
    <tr>
      <td class="mid">{macro.name}</td>
      <td class="small t2">{macro.actions.map((action) => describe(desk, action)).join(' · ')}</td>
      <td>
        <Badge>{team ?? w.scope[macro.scope]}</Badge>
      </td>
      <td class="num">{macro.used.toLocaleString(language.value)}</td>
      <td>
        <span class="row">
          <Button kind="ghost" size="s" icon="pen" label={w.change(macro.name)} disabled={!may} onPress={() => onOpen(macro)} />
          <Button kind="ghost" size="s" icon="x" label={w.remove(macro.name)} disabled={!may} onPress={remove} />
        </span>
      </td>
    </tr>
  );
}

/** As the server decides it. */
function mayChange(desk: Desk, { scope, owner_id, team_id }: Macro): boolean {
  if (scope === 'me') return owner_id === desk.me.agent.id;
  if (desk.may('macros.manage')) return true;
  return scope === 'team' && team_id !== null && desk.myself().teams.includes(team_id);
}

function fresh(kind: Kind): Action {
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
      return { do: 'assign', me: true, agent_id: null, team_id: null };
    case 'snooze':
      return { do: 'snooze', minutes: 24 * MINUTES_PER_HOUR, until: null };
    case 'resolve':
      return { do: 'resolve', reason: 'solved' };
    case 'ticket':
      return { do: 'ticket', title: '', priority: 2, type: 'question' };
  }
}

function MacroForm({ desk, macro, onDone }: { desk: Desk; macro: Macro | null; onDone: () => void }) {
  const w = t();
  const [form, setForm] = useState({
    name: macro?.name ?? '',
    scope: macro?.scope ?? ('me' as Macro['scope']),
    team_id: macro?.team_id ?? null,
    actions: macro?.actions ?? ([] as readonly Action[]),
  });
  const [before] = useState(form);
  const set = (change: Partial<typeof form>): void => setForm({ ...form, ...change });
  const save = async (): Promise<void> => {
    await (macro ? desk.api.patch(`api/v1/macros/${macro.id}`, form) : desk.api.post('api/v1/macros', form));
    desk.say(words().saved);
    onDone();
  };
  const put = (index: number, action: Action): void => set({ actions: form.actions.map((one, at) => (at === index ? action : one)) });
  const drop = (index: number): void => set({ actions: form.actions.filter((_, at) => at !== index) });
  const lift = (index: number): void => {
    const actions = [...form.actions];
    const [moved] = actions.splice(index, 1);
    if (moved) actions.splice(index - 1, 0, moved);
    set({ actions });
  };
  const fault = form.name.trim() === '' ? w.faultName : form.actions.length === 0 ? w.faultSteps : null;
  return (
    <SaveForm dirty={JSON.stringify(form) !== JSON.stringify(before)} fault={fault} onSave={save} onCancel={onDone}>
      <div class="form-grid">
        <TextField label={w.name} field="name" focus maxLength={80} value={form.name} onInput={(name) => set({ name })} />
        <Whose desk={desk} scope={form.scope} team={form.team_id} onChange={set} />
        <fieldset class="wide macro-form">
          <legend>{w.steps}</legend>
          {form.actions.map((action, index) => (
            <div key={index} class="macro-step" role="group" aria-label={`${index + 1}. ${w.kinds[action.do]}`}>
              <div class="macro-step-head">
                <span class="mid grow">
                  {index + 1}. {w.kinds[action.do]}
                </span>
                {index > 0 && <Button kind="ghost" size="s" icon="up" label={w.earlier(index + 1)} onPress={() => lift(index)} />}
                <Button kind="ghost" size="s" icon="x" label={w.away(index + 1)} onPress={() => drop(index)} />
              </div>
              <StepForm desk={desk} action={action} onChange={(changed) => put(index, changed)} />
            </div>
          ))}
          {form.actions.length < ACTIONS_MAX && (
            <SelectField
              key={form.actions.length}
              label={w.addStep}
              field="actions"
              value=""
              choices={[{ value: '', label: toolWords().choose }, ...KINDS.map((kind) => ({ value: kind, label: w.kinds[kind] }))]}
              onChange={(kind) => kind !== '' && set({ actions: [...form.actions, fresh(kind as Kind)] })}
            />
          )}
          <p class="small t3">{w.variables}</p>
        </fieldset>
      </div>
    </SaveForm>
  );
}

function Whose({ desk, scope, team, onChange }: { desk: Desk; scope: Macro['scope']; team: string | null; onChange: (change: { scope?: Macro['scope']; team_id?: string | null }) => void }) {
  const w = t();
  const manages = desk.may('macros.manage');
  const teams = [...desk.people.teams.value.values()].filter(({ id }) => manages || desk.myself().teams.includes(id));
  const scopes = (['me', 'team', 'all'] as const).filter(
    (one) => one === scope || one === 'me' || (one === 'team' ? teams.length > 0 : manages),
  );
  return (
    <>
      <SelectField
        label={w.whose}
        value={scope}
        choices={scopes.map((one) => ({ value: one, label: w.scope[one] }))}
        onChange={(value) =>
          onChange({ scope: value as Macro['scope'], team_id: value === 'team' ? (team ?? teams[0]?.id ?? null) : null })
        }
      />
      {scope === 'team' && (
        <SelectField
          label={w.team}
          field="team_id"
          value={team ?? ''}
          choices={teams.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(team_id) => onChange({ team_id })}
        />
      )}
    </>
  );
}

function StepForm({ desk, action, onChange }: { desk: Desk; action: Action; onChange: (action: Action) => void }) {
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
      return <AssignStep desk={desk} action={action} onChange={onChange} />;
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

function AssignStep({ desk, action, onChange }: { desk: Desk; action: Extract<Action, { do: 'assign' }>; onChange: (action: Action) => void }) {
  const w = t();
  const agents = [...desk.people.colleagues.value.values()].filter(({ disabled, role }) => !disabled && role !== 'observer');
  const choices = [
    { value: 'me', label: w.me },
    ...[...desk.people.teams.value.values()].map(({ id, name }) => ({ value: `team:${id}`, label: name })),
    ...agents.map(({ id, name }) => ({ value: `agent:${id}`, label: name })),
  ];
  const value = action.me ? 'me' : action.agent_id ? `agent:${action.agent_id}` : `team:${action.team_id}`;
  const choose = (chosen: string): void => {
    const [kind, id = null] = chosen.split(':');
    onChange({ do: 'assign', me: kind === 'me', agent_id: kind === 'agent' ? id : null, team_id: kind === 'team' ? id : null });
  };
  return <SelectField label={w.to} value={value} choices={choices} onChange={choose} />;
}
