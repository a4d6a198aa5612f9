import { useEffect, useState } from 'preact/hooks';
import { words as both } from '../../kit/i18n';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Failure } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { Checkbox } from '../../kit/ui/Toggle';
import { type Desk, useDesk } from '../state/desk';
import { reason } from '../state/session';
import { t as words } from '../words';
import { SaveForm } from './SaveForm';

interface Rules {
  readonly mode: string;
  readonly strategy: string;
  readonly sticky: boolean;
  readonly language: string;
  readonly skills: readonly string[];
  readonly offer_seconds: number;
  readonly passes_max: number;
  readonly overflow_team_id: string | null;
  readonly overflow_seconds: number;
}

interface Book {
  readonly default: Rules;
  readonly teams: Readonly<Record<string, Rules>>;
  readonly inboxes: Readonly<Record<string, Rules>>;
}

/** Whose rules they are: an inbox's, a team's, or those of all others. */
interface Place {
  readonly key: string;
  readonly name: string;
  readonly path: string;
  readonly team: string;
  readonly rules: Rules | undefined;
}

const t = both({
  en: {
    lead: 'How a conversation comes to its agent. An inbox’s own rules come first, then its team’s, then those of all others.',
    failed: 'The rules could not be fetched',
    all: 'All others',
    team: (name: string) => `Team ${name}`,
    inbox: (name: string) => `Inbox ${name}`,
    whose: 'Conversations of',
    how: 'How',
    inherits: 'As the next wider rules say',
    change: (name: string) => `Change the rules: ${name}`,
    drop: 'Use the next wider rules',
    mode: 'How it comes to its agent',
    modes: { manual: 'By hand: agents take it', auto: 'Given to an agent at once', offer: 'Offered to an agent, who takes it or not' } as Readonly<Record<string, string>>,
    short: { manual: 'By hand', auto: 'Given', offer: 'Offered' } as Readonly<Record<string, string>>,
    strategy: 'To whom of those who could',
    strategies: { least_load: 'Who has the fewest open', longest_idle: 'Who waits longest for one', round_robin: 'One after the other' } as Readonly<Record<string, string>>,
    sticky: 'Who spoke with the customer before comes first',
    language: 'The customer’s language',
    languages: { ignore: 'does not matter', prefer: 'is preferred', require: 'is needed' } as Readonly<Record<string, string>>,
    skills: 'Skills that are needed',
    skillsHint: 'With commas between them. The agent must have all of them (Settings, Agents).',
    seconds: 'Seconds to answer an offer',
    passes: 'Missed offers in a row that make an agent away',
    passesHint: '0: never',
    overflow: 'Overflow to',
    nobody: 'No other team',
    after: 'After a wait of (seconds)',
    afterHint: '0: only when nobody of the team is there',
    badNumber: 'Write whole numbers: 5 to 600 seconds, 0 to 20 missed, 0 to 86400 to wait',
    overflows: (team: string) => `overflows to ${team}`,
  },
  zh: {
    lead: '会话如何分配给客服。先看渠道自己的规则，再看团队的，最后用“其他全部”的规则。',
    failed: '规则加载失败',
    all: '其他全部',
    team: (name) => `团队 ${name}`,
    inbox: (name) => `渠道 ${name}`,
    whose: '适用会话',
    how: '方式',
    inherits: '沿用上一级规则',
    change: (name) => `修改规则：${name}`,
    drop: '改用上一级规则',
    mode: '分配方式',
    modes: { manual: '手动：客服自己接待', auto: '自动分配给客服', offer: '派给客服，由其确认' },
    short: { manual: '手动', auto: '自动分配', offer: '派单确认' },
    strategy: '在可接的人中选',
    strategies: { least_load: '手上会话最少的', longest_idle: '空闲最久的', round_robin: '轮流' },
    sticky: '优先之前接待过该客户的客服',
    language: '客户的语言',
    languages: { ignore: '不考虑', prefer: '优先匹配', require: '必须匹配' },
    skills: '所需技能',
    skillsHint: '用逗号分隔，客服须全部具备（设置 → 客服）。',
    seconds: '派单答复时限（秒）',
    passes: '连续错过几次派单后设为离开',
    passesHint: '0 表示从不',
    overflow: '溢出到',
    nobody: '不溢出',
    after: '等待多久后（秒）',
    afterHint: '0 表示仅在本团队无人时',
    badNumber: '请填写整数：答复 5 至 600 秒，错过 0 至 20 次，等待 0 至 86400 秒',
    overflows: (team) => `溢出到 ${team}`,
  },
});

/** Who gets which conversation, by team and inbox. */
export function Routing() {
  const desk = useDesk();
  const w = t();
  const [book, setBook] = useState<Book | null>(null);
  const [why, setWhy] = useState('');
  const [open, setOpen] = useState<string | null>(null);
  const load = (): void => {
    setWhy('');
    desk.api.get<Book>('api/v1/routing').then(setBook, (error: unknown) => setWhy(reason(error)));
  };
  useEffect(load, []);
  const may = desk.may('teams.manage');
  const places = book ? placesOf(desk, book) : [];
  const edited = places.find(({ key }) => key === open);
  return (
    <>
      <div class="settings-title">
        <h2>{words().routing}</h2>
      </div>
      <p class="t2">{w.lead}</p>
      {edited && book && (
        <Card key={edited.key} title={edited.name}>
          <RulesForm
            desk={desk}
            place={edited}
            rules={edited.rules ?? book.default}
            onSaved={(now) => {
              setBook(now);
              setOpen(null);
            }}
            onCancel={() => setOpen(null)}
          />
        </Card>
      )}
      <Card>
        {why !== '' ? (
          <Failure title={w.failed} reason={why} retry={<Button size="s" icon="refresh" onPress={load}>{words().retry}</Button>} />
        ) : book === null ? (
          <Skeleton label={words().loading} />
        ) : (
          <Table fold label={words().routing} head={[w.whose, w.how, <span class="sr">{words().edit}</span>]}>
            {places.map((place) => (
              <tr key={place.key}>
                <td class="mid">{place.name}</td>
                <td class={place.rules ? '' : 't3'}>{place.rules ? summary(desk, place.rules) : w.inherits}</td>
                <td>
                  {may && (
                    <Button kind="ghost" size="s" label={w.change(place.name)} icon="pen" onPress={() => setOpen(place.key)} />
                  )}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
    </>
  );
}

function RulesForm({ desk, place, rules, onSaved, onCancel }: { desk: Desk; place: Place; rules: Rules; onSaved: (book: Book) => void; onCancel: () => void }) {
  const w = t();
  const now = formOf(rules);
  const [form, setForm] = useState(now);
  const set = (change: Partial<typeof now>): void => setForm({ ...form, ...change });
  const asked = rulesOf(form);
  const save = async (): Promise<void> => {
    onSaved(await desk.api.put<Book>(place.path, asked));
    desk.say(words().saved);
  };
  const drop = async (): Promise<void> => {
    onSaved(await desk.api.delete<Book>(place.path));
    desk.say(words().saved);
  };
  const routed = form.mode !== 'manual';
  const teams = [...desk.people.teams.value.values()].filter(({ id }) => id !== place.team);
  return (
    <SaveForm
      dirty={JSON.stringify(form) !== JSON.stringify(now) || place.rules === undefined}
      fault={inRange(asked) ? null : w.badNumber}
      onSave={save}
      onCancel={onCancel}
    >
      <div class="form-grid">
        <SelectField label={w.mode} field="mode" value={form.mode} choices={choices(w.modes)} onChange={(mode) => set({ mode })} />
        {routed && (
          <>
            <SelectField label={w.strategy} field="strategy" value={form.strategy} choices={choices(w.strategies)} onChange={(strategy) => set({ strategy })} />
            <SelectField label={w.language} field="language" value={form.language} choices={choices(w.languages)} onChange={(language) => set({ language })} />
            <TextField label={w.skills} field="skills" hint={w.skillsHint} maxLength={400} value={form.skills} onInput={(skills) => set({ skills })} />
            {form.mode === 'offer' && (
              <>
                <TextField label={w.seconds} field="offer_seconds" inputMode="numeric" maxLength={3} value={form.offer_seconds} onInput={(offer_seconds) => set({ offer_seconds })} />
                <TextField label={w.passes} field="passes_max" hint={w.passesHint} inputMode="numeric" maxLength={2} value={form.passes_max} onInput={(passes_max) => set({ passes_max })} />
              </>
            )}
            <SelectField
              label={w.overflow}
              field="overflow_team_id"
              value={form.overflow_team_id}
              choices={[{ value: '', label: w.nobody }, ...teams.map(({ id, name }) => ({ value: id, label: name }))]}
              onChange={(overflow_team_id) => set({ overflow_team_id })}
            />
            {form.overflow_team_id !== '' && (
              <TextField label={w.after} field="overflow_seconds" hint={w.afterHint} inputMode="numeric" maxLength={5} value={form.overflow_seconds} onInput={(overflow_seconds) => set({ overflow_seconds })} />
            )}
            <div class="wide">
              <Checkbox on={form.sticky} onChange={(sticky) => set({ sticky })}>
                {w.sticky}
              </Checkbox>
            </div>
          </>
        )}
        {place.rules !== undefined && place.key !== 'all' && (
          <div class="wide">
            <Button kind="ghost" size="s" onPress={() => void drop().catch((error: unknown) => desk.say(reason(error)))}>
              {w.drop}
            </Button>
          </div>
        )}
      </div>
    </SaveForm>
  );
}

function placesOf(desk: Desk, book: Book): Place[] {
  const w = t();
  const byName = <Named extends { readonly id: string; readonly name: string }>(all: ReadonlyMap<string, Named>): Named[] =>
    [...all.values()].sort((one, other) => one.name.localeCompare(other.name));
  return [
    { key: 'all', name: w.all, path: 'api/v1/routing', team: '', rules: book.default },
    ...byName(desk.people.teams.value).map(({ id, name }) => ({
      key: `team ${id}`, name: w.team(name), path: `api/v1/teams/${id}/routing`, team: id, rules: book.teams[id],
    })),
    ...byName(desk.people.inboxes.value).map(({ id, name }) => ({
      key: `inbox ${id}`, name: w.inbox(name), path: `api/v1/inboxes/${id}/routing`, team: '', rules: book.inboxes[id],
    })),
  ];
}

function summary(desk: Desk, rules: Rules): string {
  const w = t();
  if (rules.mode === 'manual') return w.short.manual ?? '';
  const overflow = rules.overflow_team_id === null ? undefined : desk.people.teams.value.get(rules.overflow_team_id)?.name;
  return [w.short[rules.mode], w.strategies[rules.strategy], rules.skills.join(words().listStop), overflow && w.overflows(overflow)]
    .filter(Boolean)
    .join(' · ');
}

/** As a form holds them: numbers and lists as text, so that what is half written is not lost. */
function formOf(rules: Rules) {
  return {
    ...rules,
    skills: rules.skills.join(', '),
    offer_seconds: String(rules.offer_seconds),
    passes_max: String(rules.passes_max),
    overflow_team_id: rules.overflow_team_id ?? '',
    overflow_seconds: String(rules.overflow_seconds),
  };
}

function rulesOf(form: ReturnType<typeof formOf>): Rules {
  return {
    ...form,
    skills: listed(form.skills),
    offer_seconds: whole(form.offer_seconds),
    passes_max: whole(form.passes_max),
    overflow_team_id: form.overflow_team_id || null,
    overflow_seconds: whole(form.overflow_seconds),
  };
}

function inRange({ offer_seconds: seconds, passes_max: passes, overflow_seconds: after }: Rules): boolean {
  return seconds >= 5 && seconds <= 600 && passes >= 0 && passes <= 20 && after >= 0 && after <= 86_400;
}

/** NaN where it is no whole number, which is in no range. */
function whole(text: string): number {
  return /^\d+$/u.test(text.trim()) ? Number(text) : Number.NaN;
}

/** Words between commas, whichever commas. */
export function listed(text: string): string[] {
  return [...new Set(text.split(/[,，、]/u).map((word) => word.trim()).filter(Boolean))];
}

function choices(named: Readonly<Record<string, string>>): { value: string; label: string }[] {
  return Object.entries(named).map(([value, label]) => ({ value, label }));
}
