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
import { COLORS, type Color, type Tag } from '../state/tags';
import { TagBadge } from '../tools/TagBadge';
import { t as words } from '../words';
import { SaveForm } from './SaveForm';

const t = both({
  en: {
    lead: 'Words that stand on conversations, so that they are found again: by the filter of the list and in reports.',
    add: 'Add a tag',
    none: 'No tags yet',
    noneNext: 'A tag is put on a conversation at its side, or on many at once in the list.',
    failed: 'The tags could not be fetched',
    name: 'Name',
    color: 'Colour',
    colors: { grey: 'Grey', blue: 'Blue', green: 'Green', amber: 'Amber', red: 'Red', violet: 'Violet' },
    state: 'State',
    inUse: 'In use',
    archived: 'Archived',
    archive: 'Archived: put on nothing new',
    archiveHint: 'It stays on the conversations that have it.',
    change: (name: string) => `Change ${name}`,
    faultName: 'Give it a name',
  },
  zh: {
    lead: '给会话加上的词语，便于以后查找：可在列表中筛选，也可用于报表。',
    add: '添加标签',
    none: '还没有标签',
    noneNext: '在会话侧栏添加，也可在列表中批量添加。',
    failed: '标签加载失败',
    name: '名称',
    color: '颜色',
    colors: { grey: '灰', blue: '蓝', green: '绿', amber: '琥珀', red: '红', violet: '紫' },
    state: '状态',
    inUse: '使用中',
    archived: '已归档',
    archive: '归档：不再用于新的会话',
    archiveHint: '已有该标签的会话会保留它。',
    change: (name) => `修改${name}`,
    faultName: '请填写名称',
  },
});

/** The desk's tags. */
export function Tags() {
  const desk = useDesk();
  const w = t();
  const { all, phase } = desk.tags;
  const [open, setOpen] = useState<Tag | 'new' | null>(null);
  const may = desk.may('tags.manage');
  useEffect(() => void desk.tags.load(), []);
  const tags = [...all.value.values()];
  const done = (): void => {
    setOpen(null);
    void desk.tags.renew();
  };
  return (
    <>
      <div class="settings-title">
        <h2>{words().tags}</h2>
        <span class="end">
          <Button icon="plus" disabled={!may} reason={may ? undefined : words().notAllowed} onPress={() => setOpen('new')}>
            {w.add}
          </Button>
        </span>
      </div>
      <p class="t2">{w.lead}</p>
      {open !== null && (
        <Card key={open === 'new' ? 'new' : open.id} title={open === 'new' ? w.add : w.change(open.name)}>
          <TagForm desk={desk} tag={open === 'new' ? null : open} onDone={done} />
        </Card>
      )}
      <Card>
        {phase.value === 'failed' ? (
          <Failure
            title={w.failed}
            reason=""
            retry={
              <Button size="s" icon="refresh" onPress={() => void desk.tags.load()}>
                {words().retry}
              </Button>
            }
          />
        ) : phase.value !== 'ready' ? (
          <Skeleton label={words().loading} rows={3} face={false} />
        ) : tags.length === 0 ? (
          <Empty icon="tag" title={w.none}>
            {w.noneNext}
          </Empty>
        ) : (
          <Table fold label={words().tags} head={[w.name, w.state, <span class="sr">{words().edit}</span>]}>
            {tags.map((tag) => (
              <tr key={tag.id}>
                <td>
                  <TagBadge tag={tag} />
                </td>
                <td>{tag.archived ? <Badge tone="line">{w.archived}</Badge> : w.inUse}</td>
                <td>
                  <Button kind="ghost" size="s" icon="pen" label={w.change(tag.name)} disabled={!may} onPress={() => setOpen(tag)} />
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
    </>
  );
}

function TagForm({ desk, tag, onDone }: { desk: Desk; tag: Tag | null; onDone: () => void }) {
  const w = t();
  const [form, setForm] = useState({
    name: tag?.name ?? '',
    color: tag?.color ?? ('grey' as Color),
    archived: tag?.archived ?? false,
  });
  const [before] = useState(form);
  const set = (change: Partial<typeof form>): void => setForm({ ...form, ...change });
  const save = async (): Promise<void> => {
    const { name, color, archived } = form;
    await (tag
      ? desk.api.patch(`api/v1/tags/${tag.id}`, { name, color, archived })
      : desk.api.post('api/v1/tags', { name, color }));
    desk.say(words().saved);
    onDone();
  };
  const fault = form.name.trim() === '' ? w.faultName : null;
  return (
    <SaveForm dirty={JSON.stringify(form) !== JSON.stringify(before)} fault={fault} onSave={save} onCancel={onDone}>
      <div class="form-grid">
        <TextField label={w.name} field="name" focus maxLength={40} value={form.name} onInput={(name) => set({ name })} />
        <SelectField
          label={w.color}
          value={form.color}
          choices={COLORS.map((color) => ({ value: color, label: w.colors[color] }))}
          onChange={(color) => set({ color: color as Color })}
        />
        {tag !== null && (
          <div class="wide">
            <Checkbox on={form.archived} onChange={(archived) => set({ archived })}>
              {w.archive}
            </Checkbox>
            <p class="hint">{w.archiveHint}</p>
          </div>
        )}
      </div>
    </SaveForm>
  );
}
