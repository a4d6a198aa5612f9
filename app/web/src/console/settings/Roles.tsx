import { useState } from 'preact/hooks';
import { words as both } from '../../kit/i18n';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Dialog } from '../../kit/ui/Dialog';
import { Failure } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { type Desk, useDesk } from '../state/desk';
import { reason } from '../state/session';
import { t as shared } from '../words';
import { PermissionChecks } from './PermissionChecks';
import { SaveForm } from './SaveForm';
import { type Role, type RoleBook, roleName, said, useRoles } from './roleBook';

const t = both({
  en: {
    lead: 'What somebody may do is what his role holds, and nothing else. A change of a role takes effect at once, for everybody who has it.',
    add: 'Add role',
    builtIn: 'part of the product',
    allows: 'Allows',
    all: 'Everything',
    allBut: (names: string) => `Everything but: ${names}`,
    nothing: 'Nothing',
    people: (count: number) => (count === 1 ? '1 agent' : `${count} agents`),
    has: 'Agents',
    name: 'Name',
    copy: 'Begin as a copy of',
    copyNone: 'nothing allowed',
    change: (name: string) => `Change ${name}`,
    remove: 'Delete',
    removeOne: (name: string) => `Delete ${name}`,
    removeTitle: (name: string) => `Delete the role ${name}?`,
    removeWhat: 'Nobody has it. This cannot be undone.',
    removed: 'The role is deleted.',
  },
  zh: {
    lead: '成员的权限仅限于其角色所含内容。修改角色会立即对所有使用者生效。',
    add: '添加角色',
    builtIn: '内置',
    allows: '权限',
    all: '全部',
    allBut: (names) => `除以下之外的全部：${names}`,
    nothing: '无',
    people: (count) => `${count} 名客服`,
    has: '客服',
    name: '名称',
    copy: '以此角色为起点',
    copyNone: '无任何权限',
    change: (name) => `修改${name}`,
    remove: '删除',
    removeOne: (name) => `删除${name}`,
    removeTitle: (name) => `删除角色“${name}”？`,
    removeWhat: '目前无人使用。删除后无法恢复。',
    removed: '角色已删除。',
  },
});

const BUT_MAX = 3;

/** The product's roles, and those that this desk made. */
export function Roles() {
  const desk = useDesk();
  const w = t();
  const { book, why, load } = useRoles(desk);
  const [open, setOpen] = useState<Role | 'new' | null>(null);
  const [going, setGoing] = useState<Role | null>(null);
  const may = desk.may('roles.manage');
  const done = (): void => {
    setOpen(null);
    setGoing(null);
    load();
  };
  return (
    <>
      <div class="settings-title">
        <h2>{shared().roles}</h2>
        <span class="end">
          <Button icon="plus" disabled={!may || book === null} reason={may ? undefined : shared().notAllowed} onPress={() => setOpen('new')}>
            {w.add}
          </Button>
        </span>
      </div>
      <p class="t2">{w.lead}</p>
      {open !== null && book !== null && (
        <Card key={open === 'new' ? 'new' : open.id} title={open === 'new' ? w.add : w.change(open.name)}>
          <RoleForm desk={desk} book={book} role={open === 'new' ? null : open} onDone={done} onCancel={() => setOpen(null)} />
        </Card>
      )}
      <Card>
        {why !== '' ? (
          <Failure
            title={shared().loadFailed}
            reason={why}
            retry={
              <Button size="s" icon="refresh" onPress={load}>
                {shared().retry}
              </Button>
            }
          />
        ) : book === null ? (
          <Skeleton label={shared().loading} rows={4} face={false} />
        ) : (
          <Table fold label={shared().roles} head={[w.name, w.allows, w.has, <span class="sr">{shared().edit}</span>]}>
            {book.roles.map((role) => (
              <RoleRow key={role.id} desk={desk} book={book} role={role} may={may} onEdit={() => setOpen(role)} onDelete={() => setGoing(role)} />
            ))}
          </Table>
        )}
      </Card>
      {going && <Deletion desk={desk} role={going} onDone={done} onClose={() => setGoing(null)} />}
    </>
  );
}

interface RowProps {
  desk: Desk;
  book: RoleBook;
  role: Role;
  may: boolean;
  onEdit: () => void;
  onDelete: () => void;
}

function RoleRow({ desk, book, role, may, onEdit, onDelete }: RowProps) {
  const w = t();
  const name = roleName(role.id, book.roles);
  const count = [...desk.people.colleagues.value.values()].filter((agent) => agent.role === role.id).length;
  return (
    <tr>
      <td class="mid keep">
        {name} {role.built_in && <Badge tone="line">{w.builtIn}</Badge>}
      </td>
      <td class="t2 canned-what">{summary(role, book)}</td>
      <td class="t2 num keep">{w.people(count)}</td>
      <td>
        {may && !role.built_in && (
          <span class="row row-s">
            <Button kind="ghost" size="s" icon="pen" label={w.change(name)} onPress={onEdit} />
            <Button kind="ghost" size="s" label={w.removeOne(name)} disabled={count > 0} onPress={onDelete}>
              {w.remove}
            </Button>
          </span>
        )}
      </td>
    </tr>
  );
}

/** What a role allows in a line: the names, or what is missing where that is shorter. */
function summary(role: Role, book: RoleBook): string {
  const w = t();
  const missing = book.permissions.filter(({ key }) => !role.permissions.includes(key));
  const stop = shared().listStop;
  if (role.permissions.length === 0) return w.nothing;
  if (missing.length === 0) return w.all;
  if (missing.length <= BUT_MAX) return w.allBut(missing.map(({ name }) => said(name)).join(stop));
  return book.permissions.filter(({ key }) => role.permissions.includes(key)).map(({ name }) => said(name)).join(stop);
}

function RoleForm({ desk, book, role, onDone, onCancel }: { desk: Desk; book: RoleBook; role: Role | null; onDone: () => void; onCancel: () => void }) {
  const w = t();
  const [name, setName] = useState(role?.name ?? '');
  const [copied, setCopied] = useState('');
  const [chosen, setChosen] = useState<readonly string[]>(role?.permissions ?? []);
  const mine = new Set(desk.me.permissions);
  const begin = (id: string): void => {
    setCopied(id);
    setChosen((book.roles.find((one) => one.id === id)?.permissions ?? []).filter((key) => mine.has(key)));
  };
  const save = async (): Promise<void> => {
    const body = { name: name.trim(), permissions: chosen };
    await (role ? desk.api.patch(`api/v1/roles/${role.id}`, body) : desk.api.post('api/v1/roles', body));
    desk.say(role ? shared().saved : shared().created);
    onDone();
  };
  const before = [...(role?.permissions ?? [])].sort().join();
  return (
    <SaveForm
      dirty={name.trim() !== (role?.name ?? '') || [...chosen].sort().join() !== before}
      fault={name.trim() === '' ? shared().needed(w.name) : null}
      action={role ? undefined : w.add}
      onSave={save}
      onCancel={onCancel}
    >
      <div class="form-grid">
        <TextField label={w.name} field="name" focus maxLength={80} value={name} onInput={setName} />
        {role === null && (
          <SelectField
            label={w.copy}
            value={copied}
            choices={[{ value: '', label: w.copyNone }, ...book.roles.map(({ id }) => ({ value: id, label: roleName(id, book.roles) }))]}
            onChange={begin}
          />
        )}
        <PermissionChecks permissions={book.permissions} chosen={chosen} mine={mine} onChange={setChosen} />
      </div>
    </SaveForm>
  );
}

function Deletion({ desk, role, onDone, onClose }: { desk: Desk; role: Role; onDone: () => void; onClose: () => void }) {
  const w = t();
  const [why, setWhy] = useState('');
  const remove = async (): Promise<void> => {
    try {
      await desk.api.delete(`api/v1/roles/${role.id}`);
      desk.say(w.removed);
      onDone();
    } catch (error) {
      setWhy(reason(error));
    }
  };
  return (
    <Dialog
      title={w.removeTitle(role.name)}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{shared().cancel}</Button>
          <Button kind="harm-prime" onPress={() => void remove()}>
            {w.remove}
          </Button>
        </>
      }
    >
      <p class="body">{w.removeWhat}</p>
      {why !== '' && (
        <p class="hint bad" role="alert">
          {why}
        </p>
      )}
    </Dialog>
  );
}
