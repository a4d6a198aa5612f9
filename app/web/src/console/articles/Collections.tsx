import { useState } from 'preact/hooks';
import { language } from '../../kit/i18n';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { TextField } from '../../kit/ui/Field';
import { Table } from '../../kit/ui/Table';
import { SaveForm } from '../settings/SaveForm';
import { useDesk } from '../state/desk';
import { reason } from '../state/session';
import { t as words } from '../words';
import { type Collection, nameOf } from './model';
import { t } from './words';

/** The headings that articles stand under. */
export function Collections({ collections, onChange }: { collections: readonly Collection[]; onChange: () => void }) {
  const desk = useDesk();
  const w = t();
  const [open, setOpen] = useState<Collection | 'new' | null>(null);
  const remove = async (id: string): Promise<void> => {
    try {
      await desk.api.delete(`api/v1/article-collections/${id}`);
      onChange();
    } catch (error) {
      desk.say(reason(error));
    }
  };
  const done = (): void => { setOpen(null); onChange(); };
  return (
    <Card title={w.collections} action={<Button size="s" icon="plus" onPress={() => setOpen('new')}>{w.addCollection}</Button>}>
      {open !== null && <CollectionForm key={open === 'new' ? '' : open.id} collection={open === 'new' ? null : open} onDone={done} onCancel={() => setOpen(null)} />}
      {collections.length > 0 && (
        <Table fold label={w.collections} head={[w.name, w.slug, <span class="sr">{words().edit}</span>]}>
          {collections.map((one) => {
            const name = nameOf(one, language.value);
            return (
              <tr key={one.id}>
                <td>{name}</td>
                <td>{one.slug}</td>
                <td>
                  <span class="row">
                    <Button kind="ghost" size="s" icon="pen" label={w.changeCollection(name)} onPress={() => setOpen(one)} />
                    <Button kind="ghost" size="s" icon="x" label={w.removeCollection(name)} onPress={() => void remove(one.id)} />
                  </span>
                </td>
              </tr>
            );
          })}
        </Table>
      )}
    </Card>
  );
}

const EMPTY = { name_en: '', name_zh: '', about_en: '', about_zh: '' };

function CollectionForm({ collection, onDone, onCancel }: { collection: Collection | null; onDone: () => void; onCancel: () => void }) {
  const desk = useDesk();
  const w = t();
  const before = collection === null ? EMPTY : { name_en: collection.name_en, name_zh: collection.name_zh, about_en: collection.about_en, about_zh: collection.about_zh };
  const [form, setForm] = useState(before);
  const dirty = JSON.stringify(form) !== JSON.stringify(before);
  const save = async (): Promise<void> => {
    await (collection === null ? desk.api.post('api/v1/article-collections', form) : desk.api.patch(`api/v1/article-collections/${collection.id}`, form));
    onDone();
  };
  return (
    <SaveForm dirty={dirty} onSave={save} onCancel={onCancel}>
      <div class="form-grid">
        <TextField label={w.nameZh} field="name_zh" maxLength={80} value={form.name_zh} onInput={(name_zh) => setForm({ ...form, name_zh })} />
        <TextField label={w.nameEn} field="name_en" maxLength={80} value={form.name_en} onInput={(name_en) => setForm({ ...form, name_en })} />
        <TextField label={w.aboutZh} field="about_zh" maxLength={300} value={form.about_zh} onInput={(about_zh) => setForm({ ...form, about_zh })} />
        <TextField label={w.aboutEn} field="about_en" maxLength={300} value={form.about_en} onInput={(about_en) => setForm({ ...form, about_en })} />
      </div>
    </SaveForm>
  );
}
