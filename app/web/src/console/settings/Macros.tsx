import { useEffect, useState } from 'preact/hooks';
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
import { describe } from '../tools/describe';
import { t as words } from '../words';
import './Macros.css';
import { SaveForm } from './SaveForm';
import { KINDS, StepList } from './MacroSteps';
import { t } from './macroWords';


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
  const fault = form.name.trim() === '' ? w.faultName : form.actions.length === 0 ? w.faultSteps : null;
  return (
    <SaveForm dirty={JSON.stringify(form) !== JSON.stringify(before)} fault={fault} onSave={save} onCancel={onDone}>
      <div class="form-grid">
        <TextField label={w.name} field="name" focus maxLength={80} value={form.name} onInput={(name) => set({ name })} />
        <Whose desk={desk} scope={form.scope} team={form.team_id} onChange={set} />
        <fieldset class="wide macro-form">
          <legend>{w.steps}</legend>
          <StepList desk={desk} actions={form.actions} kinds={KINDS} onChange={(actions) => set({ actions })} />
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
