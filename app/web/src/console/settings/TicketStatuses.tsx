import { useEffect, useState } from 'preact/hooks';
import { language, words as both } from '../../kit/i18n';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Failure } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { Checkbox } from '../../kit/ui/Toggle';
import { type Desk, useDesk } from '../state/desk';
import { reason } from '../state/session';
import { type TicketStatus, keepStatuses } from '../tickets/statuses';
import { t as words } from '../words';
import { SaveForm } from './SaveForm';

const CATEGORIES = ['open', 'waiting', 'done'] as const;
const GIVEN = new Set(['new', 'open', 'waiting', 'done']);

const t = both({
  en: {
    lead: 'What your tickets can be, in the order of lists and of the board. Each status counts as to do, waiting or done.',
    add: 'Add a status',
    failed: 'The statuses could not be fetched',
    name: 'Name',
    category: 'Counts as',
    categories: { open: 'To do', waiting: 'Waiting', done: 'Done' },
    english: 'Name in English',
    chinese: 'Name in Chinese',
    archived: 'No longer given',
    archivedHint: 'Tickets that have it keep it.',
    given: 'It is given to new, assigned, merged and finished tickets, so it can have another name and stays.',
    change: (name: string) => `Change ${name}`,
    up: (name: string) => `Move ${name} up`,
    down: (name: string) => `Move ${name} down`,
    placed: (name: string, place: number) => `${name} is now number ${place}`,
    faultName: 'Give it a name in one language at least',
  },
  zh: {
    lead: '工单可以处于的状态，按列表和看板中的顺序排列。每个状态归为待处理、等待中或已完成。',
    add: '添加状态',
    failed: '状态加载失败',
    name: '名称',
    category: '归为',
    categories: { open: '待处理', waiting: '等待中', done: '已完成' },
    english: '英文名称',
    chinese: '中文名称',
    archived: '不再使用',
    archivedHint: '已处于该状态的工单保持不变。',
    given: '新建、分配、合并和完成工单时会用到，可以改名，不能停用。',
    change: (name) => `修改${name}`,
    up: (name) => `上移${name}`,
    down: (name) => `下移${name}`,
    placed: (name, place) => `${name}现在排第 ${place}`,
    faultName: '请至少填写一种语言的名称',
  },
});

function nameOf(status: TicketStatus): string {
  return language.value === 'zh' ? status.name_zh : status.name_en;
}

/** What a desk calls where its tickets stand. */
export function TicketStatuses() {
  const desk = useDesk();
  const w = t();
  const [statuses, setStatuses] = useState<readonly TicketStatus[] | null>(null);
  const [why, setWhy] = useState('');
  const [open, setOpen] = useState<TicketStatus | 'new' | null>(null);
  const [busy, setBusy] = useState(false);
  const may = desk.may('tickets.manage');
  const keep = (answer: { statuses: readonly TicketStatus[] }): void => {
    setStatuses(answer.statuses);
    keepStatuses(answer.statuses);
  };
  const load = (): void => {
    setWhy('');
    desk.api.get<{ statuses: readonly TicketStatus[] }>('api/v1/ticket-statuses').then(keep, (error: unknown) => setWhy(reason(error)));
  };
  useEffect(load, []);
  const move = async (status: TicketStatus, step: number): Promise<void> => {
    const ids = (statuses ?? []).map(({ id }) => id);
    const place = ids.indexOf(status.id) + step;
    ids.splice(place - step, 1);
    ids.splice(place, 0, status.id);
    setBusy(true);
    try {
      keep(await desk.api.post('api/v1/ticket-statuses/order', { ids }));
      desk.announcement.value = w.placed(nameOf(status), place + 1);
    } catch (error) {
      desk.say(reason(error));
      load();
    }
    setBusy(false);
  };
  const done = (): void => {
    setOpen(null);
    load();
  };
  return (
    <>
      <div class="settings-title">
        <h2>{words().statuses}</h2>
        <span class="end">
          <Button icon="plus" disabled={!may} reason={may ? undefined : words().notAllowed} onPress={() => setOpen('new')}>
            {w.add}
          </Button>
        </span>
      </div>
      <p class="t2">{w.lead}</p>
      {open !== null && (
        <Card key={open === 'new' ? 'new' : open.id} title={open === 'new' ? w.add : w.change(nameOf(open))}>
          <StatusForm desk={desk} status={open === 'new' ? null : open} onDone={done} />
        </Card>
      )}
      <Card>
        {why !== '' ? (
          <Failure
            title={w.failed}
            reason={why}
            retry={
              <Button size="s" icon="refresh" onPress={load}>
                {words().retry}
              </Button>
            }
          />
        ) : statuses === null ? (
          <Skeleton label={words().loading} rows={4} face={false} />
        ) : (
          <Table fold label={words().statuses} head={[w.name, w.category, <span class="sr">{words().edit}</span>]}>
            {statuses.map((status, place) => (
              <tr key={status.id}>
                <td class="mid">{nameOf(status)}</td>
                <td>
                  {w.categories[status.category]} {status.archived && <Badge tone="line">{w.archived}</Badge>}
                </td>
                <td>
                  <span class="row">
                    <Button kind="ghost" size="s" icon="up" label={w.up(nameOf(status))} disabled={!may || busy || place === 0} onPress={() => void move(status, -1)} />
                    <Button kind="ghost" size="s" icon="down" label={w.down(nameOf(status))} disabled={!may || busy || place === statuses.length - 1} onPress={() => void move(status, 1)} />
                    <Button kind="ghost" size="s" icon="pen" label={w.change(nameOf(status))} disabled={!may} onPress={() => setOpen(status)} />
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

function StatusForm({ desk, status, onDone }: { desk: Desk; status: TicketStatus | null; onDone: () => void }) {
  const w = t();
  const [form, setForm] = useState({
    category: status?.category ?? ('open' as TicketStatus['category']),
    name_en: status?.name_en ?? '',
    name_zh: status?.name_zh ?? '',
    archived: status?.archived ?? false,
  });
  const [before] = useState(form);
  const set = (change: Partial<typeof form>): void => setForm({ ...form, ...change });
  const save = async (): Promise<void> => {
    const { category, archived, ...names } = form;
    const kept = status !== null && GIVEN.has(status.id) ? names : { ...names, archived };
    await (status
      ? desk.api.patch(`api/v1/ticket-statuses/${status.id}`, kept)
      : desk.api.post('api/v1/ticket-statuses', { ...names, category }));
    desk.say(words().saved);
    onDone();
  };
  const fault = form.name_en.trim() === '' && form.name_zh.trim() === '' ? w.faultName : null;
  return (
    <SaveForm dirty={JSON.stringify(form) !== JSON.stringify(before)} fault={fault} onSave={save} onCancel={onDone}>
      <div class="form-grid">
        <TextField label={w.chinese} field="name_zh" focus maxLength={60} value={form.name_zh} onInput={(name_zh) => set({ name_zh })} />
        <TextField label={w.english} field="name_en" maxLength={60} value={form.name_en} onInput={(name_en) => set({ name_en })} />
        {status === null && (
          <SelectField
            label={w.category}
            value={form.category}
            choices={CATEGORIES.map((category) => ({ value: category, label: w.categories[category] }))}
            onChange={(category) => set({ category: category as TicketStatus['category'] })}
          />
        )}
        {status !== null && (
          <div class="wide">
            {!GIVEN.has(status.id) && (
              <Checkbox on={form.archived} onChange={(archived) => set({ archived })}>
                {w.archived}
              </Checkbox>
            )}
            <p class="hint">{GIVEN.has(status.id) ? w.given : w.archivedHint}</p>
          </div>
        )}
      </div>
    </SaveForm>
  );
}
