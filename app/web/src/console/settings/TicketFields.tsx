import { useEffect, useState } from 'preact/hooks';
import { words as both } from '../../kit/i18n';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty, Failure } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { Checkbox } from '../../kit/ui/Toggle';
import { type Desk, useDesk } from '../state/desk';
import { reason } from '../state/session';
import { type TicketField, nameOfField } from '../tickets/OwnFields';
import { t as words } from '../words';
import { SaveForm } from './SaveForm';

const KINDS = ['text', 'number', 'date', 'choice', 'checkbox'] as const;

const t = both({
  en: {
    lead: 'What your tickets ask for beside title, priority and the like. Values are checked when they are written.',
    add: 'Add a field',
    none: 'No field of your own yet',
    noneNext: 'A field stands at the side of every ticket.',
    failed: 'The fields could not be fetched',
    name: 'Name',
    kind: 'What it holds',
    kinds: { text: 'Text', number: 'Number', date: 'Day', choice: 'Choice', checkbox: 'Box to tick' },
    english: 'Name in English',
    chinese: 'Name in Chinese',
    choices: 'Choices, one a line',
    archived: 'No longer asked for',
    archivedHint: 'Values that are there stay and are shown.',
    change: (name: string) => `Change ${name}`,
    faultName: 'Give it a name in one language at least',
    faultChoices: 'Write at least one choice',
  },
  zh: {
    lead: '除标题、优先级等之外，工单还需填写的内容。填写时会检查格式。',
    add: '添加字段',
    none: '还没有自定义字段',
    noneNext: '添加后会显示在每个工单的侧栏。',
    failed: '字段加载失败',
    name: '名称',
    kind: '内容类型',
    kinds: { text: '文本', number: '数字', date: '日期', choice: '选项', checkbox: '勾选框' },
    english: '英文名称',
    chinese: '中文名称',
    choices: '选项，每行一个',
    archived: '不再填写',
    archivedHint: '已有的值会保留并显示。',
    change: (name) => `修改${name}`,
    faultName: '请至少填写一种语言的名称',
    faultChoices: '请至少填写一个选项',
  },
});

/** The desk's own fields of tickets. */
export function TicketFields() {
  const desk = useDesk();
  const w = t();
  const [fields, setFields] = useState<readonly TicketField[] | null>(null);
  const [why, setWhy] = useState('');
  const [open, setOpen] = useState<TicketField | 'new' | null>(null);
  const may = desk.may('tickets.manage');
  const load = (): void => {
    setWhy('');
    desk.api.get<{ fields: readonly TicketField[] }>('api/v1/ticket-fields').then(
      (answer) => setFields(answer.fields),
      (error: unknown) => setWhy(reason(error)),
    );
  };
  useEffect(load, []);
  const done = (): void => {
    setOpen(null);
    load();
  };
  return (
    <>
      <div class="settings-title">
        <h2>{words().fields}</h2>
        <span class="end">
          <Button icon="plus" disabled={!may} reason={may ? undefined : words().notAllowed} onPress={() => setOpen('new')}>
            {w.add}
          </Button>
        </span>
      </div>
      <p class="t2">{w.lead}</p>
      {open !== null && (
        <Card key={open === 'new' ? 'new' : open.id} title={open === 'new' ? w.add : w.change(nameOfField(open))}>
          <FieldForm desk={desk} field={open === 'new' ? null : open} onDone={done} />
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
        ) : fields === null ? (
          <Skeleton label={words().loading} rows={3} face={false} />
        ) : fields.length === 0 ? (
          <Empty icon="tag" title={w.none}>
            {w.noneNext}
          </Empty>
        ) : (
          <Table fold label={words().fields} head={[w.name, w.kind, <span class="sr">{words().edit}</span>]}>
            {fields.map((field) => (
              <tr key={field.id}>
                <td class="mid">{nameOfField(field)}</td>
                <td>
                  {w.kinds[field.kind]} {field.archived && <Badge tone="line">{w.archived}</Badge>}
                </td>
                <td>
                  <Button kind="ghost" size="s" icon="pen" label={w.change(nameOfField(field))} disabled={!may} onPress={() => setOpen(field)} />
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
    </>
  );
}

function FieldForm({ desk, field, onDone }: { desk: Desk; field: TicketField | null; onDone: () => void }) {
  const w = t();
  const [form, setForm] = useState({
    kind: field?.kind ?? ('text' as TicketField['kind']),
    name_en: field?.name_en ?? '',
    name_zh: field?.name_zh ?? '',
    choices: (field?.choices ?? []).join('\n'),
    archived: field?.archived ?? false,
  });
  const [before] = useState(form);
  const set = (change: Partial<typeof form>): void => setForm({ ...form, ...change });
  const choices = form.choices.split('\n').map((choice) => choice.trim()).filter(Boolean);
  const save = async (): Promise<void> => {
    const { kind, name_en, name_zh, archived } = form;
    const said = { name_en, name_zh, ...(kind === 'choice' ? { choices } : {}) };
    await (field
      ? desk.api.patch(`api/v1/ticket-fields/${field.id}`, { ...said, archived })
      : desk.api.post('api/v1/ticket-fields', { kind, ...said }));
    desk.say(words().saved);
    onDone();
  };
  const fault = form.name_en.trim() === '' && form.name_zh.trim() === '' ? w.faultName : form.kind === 'choice' && choices.length === 0 ? w.faultChoices : null;
  return (
    <SaveForm dirty={JSON.stringify(form) !== JSON.stringify(before)} fault={fault} onSave={save} onCancel={onDone}>
      <div class="form-grid">
        <TextField label={w.chinese} field="name_zh" focus maxLength={60} value={form.name_zh} onInput={(name_zh) => set({ name_zh })} />
        <TextField label={w.english} field="name_en" maxLength={60} value={form.name_en} onInput={(name_en) => set({ name_en })} />
        {field === null && (
          <SelectField
            label={w.kind}
            value={form.kind}
            choices={KINDS.map((kind) => ({ value: kind, label: w.kinds[kind] }))}
            onChange={(kind) => set({ kind: kind as TicketField['kind'] })}
          />
        )}
        {form.kind === 'choice' && (
          <TextField label={w.choices} field="choices" lines={4} value={form.choices} onInput={(text) => set({ choices: text })} />
        )}
        {field !== null && (
          <div class="wide">
            <Checkbox on={form.archived} onChange={(archived) => set({ archived })}>
              {w.archived}
            </Checkbox>
            <p class="hint">{w.archivedHint}</p>
          </div>
        )}
      </div>
    </SaveForm>
  );
}
