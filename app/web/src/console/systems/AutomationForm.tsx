import { useEffect, useState } from 'preact/hooks';
import { language } from '../../kit/i18n';
import { Button } from '../../kit/ui/Button';
import { type Choice, SelectField, TextField } from '../../kit/ui/Field';
import { Segment } from '../../kit/ui/Tabs';
import { Checkbox, Switch } from '../../kit/ui/Toggle';
import { KINDS, StepList } from '../settings/MacroSteps';
import { SaveForm } from '../settings/SaveForm';
import type { Desk } from '../state/desk';
import { follow } from '../state/router';
import { t as common } from '../words';
import { FailedCases } from './Cases';
import { YamlEditor } from './YamlEditor';
import {
  type Automation, type AutomationList, type AutomationSaved, DAYS, EMPTY, type Form, type Holds, type Offered, type OnTime, TESTS, type Test,
  faultOf, fieldsOf, hasConversation, slugOf, takesValue,
} from './automation';
import { t } from './automationWords';
import { freeName } from './model';
import { said } from './said';
import { t as systemWords } from './words';

const CONDITIONS_MAX = 20;
const EVENTS_MAX = 30;

interface AutomationFormProps {
  desk: Desk;
  automation: Automation | null;
  /** What a form offers, and which names are taken. */
  offered: AutomationList;
  /** With the secret that calls are signed with, where one was made. */
  onSaved: (secret: string) => void;
  onCancel: () => void;
}

type Change = (change: Partial<Form>) => void;

/** When, if, then: what it writes is a document like any other. */
export function AutomationForm({ desk, automation, offered, onSaved, onCancel }: AutomationFormProps) {
  const w = t();
  const [begun] = useState<Form>(automation?.form ?? EMPTY);
  const [form, setForm] = useState(begun);
  const [renew, setRenew] = useState(false);
  const [told, setTold] = useState<AutomationSaved | null>(null);
  const set: Change = (change) => setForm({ ...form, ...change });
  const mine = language.value;
  const rename = (text: string): void => {
    const alike = form.title.en === form.title.zh || form.title.en === '' || form.title.zh === '';
    set({ title: alike ? { en: text, zh: text } : { ...form.title, [mine]: text } });
  };
  const fault = faultOf(form);
  const save = async (): Promise<void> => {
    const name = automation?.name ?? freeName(slugOf(form.title.en), new Set(offered.automations.map((one) => one.name)));
    const saved = await desk.api.put<AutomationSaved>(`api/v1/automations/${name}`, renew ? { ...form, renew_secret: true } : form);
    if (saved.saved) onSaved(saved.secret);
    else setTold(saved);
  };
  return (
    <SaveForm dirty={renew || JSON.stringify(form) !== JSON.stringify(begun)} fault={fault && w.faults[fault]} onSave={save} onCancel={onCancel}>
      <div class="form-grid">
        <TextField label={w.name} field="title" focus maxLength={80} autocomplete="off" value={form.title[mine]} onInput={rename} />
        <div class="field automation-runs">
          <Switch on={form.enabled} onChange={(enabled) => set({ enabled })}>
            {w.enabled}
          </Switch>
        </div>
      </div>
      <When form={form} offered={offered} onChange={set} />
      {form.when.on === 'event' && <Conditions desk={desk} form={form} offered={offered} onChange={set} />}
      <Then desk={desk} form={form} renew={renew} isNew={automation === null} onChange={set} onRenew={setRenew} />
      {told && (
        <div role="alert">
          <p class="hint bad">{systemWords().notSaved}</p>
          <ul class="mistakes">
            {told.errors.map((error, index) => (
              <li key={index}>{said(error)}</li>
            ))}
          </ul>
          <FailedCases cases={told.cases.filter(({ passed }) => !passed)} />
        </div>
      )}
      {automation !== null && <Document desk={desk} name={automation.name} />}
    </SaveForm>
  );
}

function When({ form, offered, onChange }: { form: Form; offered: AutomationList; onChange: Change }) {
  const w = t();
  const { when } = form;
  const choose = (on: 'event' | 'time'): void => {
    if (on === when.on) return;
    if (on === 'event') onChange({ when: { on, events: [] } });
    else onChange({ when: { on, every: '1h', at: '', zone: ownZone(), days: [] }, conditions: [], actions: [], call: form.call ?? { url: '', private: false } });
  };
  return (
    <fieldset class="macro-form">
      <legend>{w.when}</legend>
      <div>
        <Segment
          label={w.when}
          tabs={(['event', 'time'] as const).map((key) => ({ key, label: w.triggers[key] }))}
          chosen={when.on}
          onChoose={choose}
        />
      </div>
      {when.on === 'event' ? (
        <EventList
          chosen={when.events}
          offered={offered.events}
          onChange={(events) => {
            const next = { on: 'event' as const, events };
            const known = new Set(fieldsOf(offered.fields, next).map(({ path }) => path));
            const has = hasConversation(next);
            onChange({
              when: next,
              conditions: form.conditions.filter(({ field }) => field === '' || known.has(field)),
              ...(has ? {} : { actions: [], call: form.call ?? { url: '', private: false } }),
            });
          }}
        />
      ) : (
        <Clock when={when} onChange={(next) => onChange({ when: next })} />
      )}
    </fieldset>
  );
}

function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

function EventList({ chosen, offered, onChange }: { chosen: readonly string[]; offered: readonly string[]; onChange: (events: readonly string[]) => void }) {
  const w = t();
  const nameOf = (event: string): string => w.events[event] ?? event;
  const free = offered.filter((event) => !chosen.includes(event));
  return (
    <>
      {chosen.length > 0 && (
        <ul class="chips">
          {chosen.map((event) => (
            <li key={event}>
              <span>{nameOf(event)}</span>
              <Button kind="ghost" size="s" icon="x" label={w.takeOut(nameOf(event))} onPress={() => onChange(chosen.filter((one) => one !== event))} />
            </li>
          ))}
        </ul>
      )}
      {free.length > 0 && chosen.length < EVENTS_MAX && (
        <SelectField
          key={chosen.length}
          label={chosen.length === 0 ? w.event : w.addEvent}
          field="when"
          value=""
          choices={[{ value: '', label: w.choose }, ...free.map((event) => ({ value: event, label: nameOf(event) }))]}
          onChange={(event) => event !== '' && onChange([...chosen, event])}
        />
      )}
    </>
  );
}

function Clock({ when, onChange }: { when: OnTime; onChange: (when: OnTime) => void }) {
  const w = t();
  return (
    <div class="form-grid">
      <TextField label={w.every} field="when" hint={w.everyHint} maxLength={12} value={when.every} onInput={(every) => onChange({ ...when, every, at: every === '' ? when.at : '', days: every === '' ? when.days : [] })} />
      <TextField label={w.timeOfDay} hint={w.timeHint} maxLength={5} value={when.at} onInput={(at) => onChange({ ...when, at, every: at === '' ? when.every : '' })} />
      {when.at !== '' && (
        <>
          <TextField label={w.zone} maxLength={60} value={when.zone} onInput={(zone) => onChange({ ...when, zone })} />
          <fieldset class="wide macro-form">
            <legend>{w.days}</legend>
            <div class="checks">
              {DAYS.map((day) => (
                <Checkbox
                  key={day}
                  on={when.days.includes(day)}
                  onChange={(on) => onChange({ ...when, days: DAYS.filter((one) => (one === day ? on : when.days.includes(one))) })}
                >
                  {w.dayNames[day]}
                </Checkbox>
              ))}
            </div>
            <p class="hint">{w.daysHint}</p>
          </fieldset>
        </>
      )}
    </div>
  );
}

function Conditions({ desk, form, offered, onChange }: { desk: Desk; form: Form; offered: AutomationList; onChange: Change }) {
  const w = t();
  const { conditions } = form;
  const fields = fieldsOf(offered.fields, form.when);
  const put = (index: number, holds: Holds): void => onChange({ conditions: conditions.map((one, at) => (at === index ? holds : one)) });
  const add = (): void => {
    const [first] = fields;
    if (first) onChange({ conditions: [...conditions, { field: first.path, test: TESTS[first.kind][0], value: '' }] });
  };
  return (
    <fieldset class="macro-form">
      <legend>{w.conditions}</legend>
      {conditions.length > 1 && (
        <div>
          <Segment label={w.conditions} tabs={(['all', 'any'] as const).map((key) => ({ key, label: w.match[key] }))} chosen={form.match} onChoose={(match) => onChange({ match })} />
        </div>
      )}
      {conditions.length === 0 && <p class="small t3">{w.always}</p>}
      {conditions.map((holds, index) => (
        <div key={index} class="macro-step condition" role="group" aria-label={w.condition(index + 1)}>
          <ConditionFields desk={desk} holds={holds} fields={fields} onChange={(changed) => put(index, changed)} />
          <Button kind="ghost" size="s" icon="x" label={w.away(index + 1)} onPress={() => onChange({ conditions: conditions.filter((_, at) => at !== index) })} />
        </div>
      ))}
      {fields.length > 0 && conditions.length < CONDITIONS_MAX && (
        <div>
          <Button icon="plus" onPress={add}>
            {w.addCondition}
          </Button>
        </div>
      )}
    </fieldset>
  );
}

function ConditionFields({ desk, holds, fields, onChange }: { desk: Desk; holds: Holds; fields: readonly Offered[]; onChange: (holds: Holds) => void }) {
  const w = t();
  const field = fields.find(({ path }) => path === holds.field);
  const choices = field === undefined ? null : choicesOf(desk, field);
  const choose = (path: string): void => {
    const next = fields.find((one) => one.path === path);
    if (next) onChange({ field: path, test: TESTS[next.kind][0], value: choicesOf(desk, next)?.[0]?.value ?? '' });
  };
  return (
    <div class="condition-fields">
      <SelectField label={w.field} value={holds.field} choices={fields.map(({ path, title }) => ({ value: path, label: said(title) }))} onChange={choose} />
      <SelectField
        label={w.test}
        value={holds.test}
        choices={(field === undefined ? [] : TESTS[field.kind]).map((test) => ({ value: test, label: w.tests[test] }))}
        onChange={(test) => onChange({ ...holds, test: test as Test, value: takesValue(test as Test) ? holds.value : '' })}
      />
      {takesValue(holds.test) &&
        (choices === null ? (
          <TextField
            label={w.value}
            maxLength={300}
            autocomplete="off"
            {...(field?.kind === 'number' ? { inputMode: 'numeric' as const } : {})}
            value={holds.value}
            onInput={(value) => onChange({ ...holds, value })}
          />
        ) : (
          <SelectField label={w.value} value={holds.value} choices={choices.some(({ value }) => value === holds.value) ? choices : [{ value: holds.value, label: holds.value || w.choose }, ...choices]} onChange={(value) => onChange({ ...holds, value })} />
        ))}
    </div>
  );
}

/** What a field may be; null where it is written freely. */
function choicesOf(desk: Desk, { kind, choices }: Offered): readonly Choice[] | null {
  const named = (all: Iterable<{ id: string; name: string }>): readonly Choice[] => [...all].map(({ id, name }) => ({ value: id, label: name }));
  switch (kind) {
    case 'tag':
      return named([...desk.tags.all.value.values()].filter(({ archived }) => !archived));
    case 'team':
      return named(desk.people.teams.value.values());
    case 'agent':
      return named([...desk.people.colleagues.value.values()].filter(({ disabled }) => !disabled));
    case 'inbox':
      return named(desk.people.inboxes.value.values());
    case 'choice': {
      const statuses: Readonly<Record<string, string>> = common().status;
      return choices.map((value) => ({ value, label: t().choices[value] ?? statuses[value] ?? value }));
    }
    default:
      return null;
  }
}

interface ThenProps {
  desk: Desk;
  form: Form;
  renew: boolean;
  isNew: boolean;
  onChange: Change;
  onRenew: (renew: boolean) => void;
}

function Then({ desk, form, renew, isNew, onChange, onRenew }: ThenProps) {
  const w = t();
  const has = hasConversation(form.when);
  const { call } = form;
  const choose = (kind: 'actions' | 'call'): void => onChange(kind === 'call' ? { actions: [], call: call ?? { url: '', private: false } } : { call: null });
  return (
    <fieldset class="macro-form">
      <legend>{w.then}</legend>
      {has ? (
        <div>
          <Segment label={w.then} tabs={(['actions', 'call'] as const).map((key) => ({ key, label: w.kinds[key] }))} chosen={call === null ? 'actions' : 'call'} onChoose={choose} />
        </div>
      ) : (
        <p class="small t3">{w.noConversation}</p>
      )}
      {call === null ? (
        <StepList desk={desk} actions={form.actions} kinds={KINDS} self={false} onChange={(actions) => onChange({ actions })} />
      ) : (
        <>
          <TextField label={w.url} field="url" hint={w.urlHint} maxLength={2_000} autocomplete="off" value={call.url} onInput={(url) => onChange({ call: { ...call, url: url.trim() } })} />
          {(call.private || desk.may('server.manage')) && (
            <Switch on={call.private} disabled={!desk.may('server.manage')} onChange={(on) => onChange({ call: { ...call, private: on } })}>
              {w.private}
            </Switch>
          )}
          {!isNew && (
            <Switch on={renew} onChange={onRenew}>
              {w.renew}
            </Switch>
          )}
        </>
      )}
    </fieldset>
  );
}

/** What the form has written, as it is kept. */
function Document({ desk, name }: { desk: Desk; name: string }) {
  const w = t();
  const [yaml, setYaml] = useState('');
  const path = `settings/sources/${name}`;
  useEffect(() => {
    desk.api.get<{ yaml: string }>(`api/v1/sources/${name}`).then((told) => setYaml(told.yaml), () => undefined); // the form says it all
  }, [name]);
  if (yaml === '') return null;
  return (
    <details class="automation-yaml">
      <summary class="link">{w.yaml}</summary>
      <YamlEditor
        label={w.yaml}
        value={yaml}
        mistakes={[]}
        readOnly
        hint={
          <>
            {w.yamlHint}{' '}
            <a href={desk.hrefOf(path)} onClick={follow(desk.router, path)}>
              {w.openYaml}
            </a>
          </>
        }
      />
    </details>
  );
}
