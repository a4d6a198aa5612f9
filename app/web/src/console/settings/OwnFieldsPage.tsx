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
import { NOUNS, type Noun, type OwnField, nameOfField } from '../fields/model';
import { t as words } from '../words';
import { Segment } from '../../kit/ui/Tabs';
import { SaveForm } from './SaveForm';

const KINDS = ['text', 'number', 'date', 'choice', 'checkbox'] as const;

const t = both({
  en: {
    lead: 'What your desk wants to know beside what everybody asks. Values are checked wherever they come from: written, imported, sent by the API or a website.',
    of: 'Fields of',
    nouns: { contact: 'Contacts', organisation: 'Organisations', conversation: 'Conversations', ticket: 'Tickets' },
    key: 'Key',
    keyHint: 'What programs and CSV files call it, such as plan. It stays. Empty: the name. Values that contacts already have under it are taken over.',
    up: (name: string) => `Move ${name} up`,
    down: (name: string) => `Move ${name} down`,
    placed: (name: string, place: number) => `${name} is number ${place} now.`,
    add: 'Add a field',
    none: 'No field of your own yet',
    noneNext: 'A field stands at the side of each, to be filled by hand, by import or by the API.',
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
    lead: '除通用内容外，客服台还想了解的信息。无论手动填写、导入，还是由 API 或网站传入，都会检查格式。',
    of: '字段所属',
    nouns: { contact: '联系人', organisation: '组织', conversation: '会话', ticket: '工单' },
    key: '标识',
    keyHint: '程序和 CSV 文件中使用的名称，例如 plan，之后不可更改。留空则使用字段名称。联系人已有的同名属性会沿用。',
    up: (name) => `上移${name}`,
    down: (name) => `下移${name}`,
    placed: (name, place) => `${name}现在排在第 ${place} 位。`,
    add: '添加字段',
    none: '还没有自定义字段',
    noneNext: '添加后会显示在侧栏，可手动填写、导入或由 API 写入。',
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

/** Who defines them. */
const MANAGE: Record<Noun, string> = { contact: 'contacts.manage', organisation: 'contacts.manage', conversation: 'tags.manage', ticket: 'tickets.manage' };

/** The desk's own fields of each noun. */
export function OwnFieldsPage() {
  const desk = useDesk();
  const w = t();
  const [fields, setFields] = useState<readonly OwnField[] | null>(null);
  const [why, setWhy] = useState('');
  const [open, setOpen] = useState<OwnField | 'new' | null>(null);
  const [noun, setNoun] = useState<Noun>('contact');
  const [busy, setBusy] = useState(false);
  const may = desk.may(MANAGE[noun]);
  const keep = (answer: { fields: readonly OwnField[] }): void => {
    setFields(answer.fields);
    desk.ownFields.keep(noun, answer.fields);
  };
  const load = (): void => {
    setWhy('');
    desk.api.get<{ fields: readonly OwnField[] }>(`api/v1/${noun}-fields`).then(keep, (error: unknown) => setWhy(reason(error)));
  };
  useEffect(load, [noun]);
  const turn = (next: Noun): void => {
    if (next === noun) return;
    setOpen(null);
    setFields(null);
    setNoun(next);
  };
  const move = async (field: OwnField, step: number): Promise<void> => {
    const ids = (fields ?? []).map(({ id }) => id);
    const place = ids.indexOf(field.id) + step;
    ids.splice(place - step, 1);
    ids.splice(place, 0, field.id);
    setBusy(true);
    try {
      keep(await desk.api.post(`api/v1/${noun}-fields/order`, { ids }));
      desk.announcement.value = w.placed(nameOfField(field), place + 1);
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
        <h2>{words().fields}</h2>
        <span class="end">
          <Button icon="plus" disabled={!may} reason={may ? undefined : words().notAllowed} onPress={() => setOpen('new')}>
            {w.add}
          </Button>
        </span>
      </div>
      <p class="t2">{w.lead}</p>
      <div>
        <Segment label={w.of} tabs={NOUNS.map((key) => ({ key, label: w.nouns[key] }))} chosen={noun} onChoose={turn} />
      </div>
      {open !== null && (
        <Card key={open === 'new' ? 'new' : open.id} title={open === 'new' ? w.add : w.change(nameOfField(open))}>
          <FieldForm desk={desk} noun={noun} field={open === 'new' ? null : open} onDone={done} />
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
            {fields.map((field, place) => (
              <tr key={field.id}>
                <td class="mid">
                  {nameOfField(field)} {noun !== 'ticket' && <code class="small t3">{field.key}</code>}
                </td>
                <td>
                  {w.kinds[field.kind]} {field.archived && <Badge tone="line">{w.archived}</Badge>}
                </td>
                <td>
                  <span class="row">
                    <Button kind="ghost" size="s" icon="up" label={w.up(nameOfField(field))} disabled={!may || busy || place === 0} onPress={() => void move(field, -1)} />
                    <Button kind="ghost" size="s" icon="down" label={w.down(nameOfField(field))} disabled={!may || busy || place === fields.length - 1} onPress={() => void move(field, 1)} />
                    <Button kind="ghost" size="s" icon="pen" label={w.change(nameOfField(field))} disabled={!may} onPress={() => setOpen(field)} />
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

function FieldForm({ desk, noun, field, onDone }: { desk: Desk; noun: Noun; field: OwnField | null; onDone: () => void }) {
  const w = t();
  const [form, setForm] = useState({
    kind: field?.kind ?? ('text' as OwnField['kind']),
    key: '',
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
      ? desk.api.patch(`api/v1/${noun}-fields/${field.id}`, { ...said, archived })
      : desk.api.post(`api/v1/${noun}-fields`, { kind, ...said, ...(noun === 'ticket' ? {} : { key: form.key }) }));
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
            onChange={(kind) => set({ kind: kind as OwnField['kind'] })}
          />
        )}
        {field === null && noun !== 'ticket' && (
          <TextField label={w.key} field="key" hint={w.keyHint} maxLength={60} value={form.key} onInput={(key) => set({ key })} />
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
