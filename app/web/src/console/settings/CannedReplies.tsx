import { useEffect, useState } from 'preact/hooks';
import { language } from '../../kit/i18n';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Dialog } from '../../kit/ui/Dialog';
import { Empty, Failure } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { type CannedReply, VARIABLES, matching, textIn } from '../state/canned';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import { reason } from '../state/session';
import { t as words } from '../words';
import { SaveForm } from './SaveForm';
import { t } from './cannedWords';

const MANAGE = 'canned_replies.manage';

/** The answers that are at hand: mine, my teams', everybody's. */
export function CannedReplies() {
  const desk = useDesk();
  const w = t();
  const [query, setQuery] = useState('');
  const [open, setOpen] = useState<CannedReply | 'new' | null>(null);
  useEffect(() => void desk.canned.load(), []);
  const may = desk.may('conversations.write');
  return (
    <>
      <div class="settings-title">
        <h2>{w.title}</h2>
        <span class="end">
          <Button
            icon="plus"
            disabled={!may}
            reason={may ? undefined : words().notAllowed}
            onPress={() => setOpen('new')}
          >
            {w.add}
          </Button>
        </span>
      </div>
      <p class="t2">{w.lead}</p>
      {open !== null && (
        <Card key={open === 'new' ? 'new' : open.id} title={open === 'new' ? w.add : w.change(open.shortcut)}>
          <ReplyForm reply={open === 'new' ? null : open} onDone={() => setOpen(null)} />
        </Card>
      )}
      <Card>
        <Replies desk={desk} query={query} onQuery={setQuery} onOpen={setOpen} />
      </Card>
    </>
  );
}

interface RepliesProps {
  desk: Desk;
  query: string;
  onQuery: (query: string) => void;
  onOpen: (reply: CannedReply) => void;
}

function Replies({ desk, query, onQuery, onOpen }: RepliesProps) {
  const w = t();
  const all = desk.canned.all.value;
  const phase = desk.canned.phase.value;
  if (phase === 'failed') {
    return (
      <Failure
        title={w.failed}
        reason=""
        retry={
          <Button size="s" icon="refresh" onPress={() => void desk.canned.load()}>
            {words().retry}
          </Button>
        }
      />
    );
  }
  if (phase !== 'ready') return <Skeleton label={w.loading} rows={4} />;
  if (all.length === 0) {
    return (
      <Empty icon="slash" title={w.none}>
        {w.noneNext}
      </Empty>
    );
  }
  return (
    <>
      <div class="card-body">
        <TextField label={w.find} value={query} onInput={onQuery} />
      </div>
      <Table fold label={w.title} head={[w.name, w.shortcut, w.whose, w.used, <span class="sr">{words().edit}</span>]}>
        {matching(all, query.trim()).map((reply) => (
          <Reply key={reply.id} desk={desk} reply={reply} onOpen={onOpen} />
        ))}
      </Table>
    </>
  );
}

function Reply({ desk, reply, onOpen }: { desk: Desk; reply: CannedReply; onOpen: (reply: CannedReply) => void }) {
  const w = t();
  const [asking, setAsking] = useState(false);
  const may = mayChange(desk, reply);
  const team = reply.team_id === null ? undefined : desk.people.teams.value.get(reply.team_id)?.name;
  const remove = async (): Promise<void> => {
    setAsking(false);
    await desk.canned.remove(reply.id).catch((error: unknown) => desk.say(reason(error)));
  };
  return (
    <tr>
      <td class="canned-what">
        <div class="mid">{reply.title}</div>
        <div class="small t3 cut">{textIn(reply, language.value)}</div>
      </td>
      <td class="num">/{reply.shortcut}</td>
      <td>
        <Badge>{team ?? w.scope[reply.scope]}</Badge>
      </td>
      <td class="num">{reply.used.toLocaleString(language.value)}</td>
      <td>
        <span class="row">
          <Button
            kind="ghost"
            size="s"
            icon="pen"
            label={w.change(reply.shortcut)}
            disabled={!may}
            title={may ? undefined : w.notYours}
            onPress={() => onOpen(reply)}
          />
          <Button
            kind="ghost"
            size="s"
            icon="x"
            label={w.removeTitle(reply.shortcut)}
            disabled={!may}
            onPress={() => setAsking(true)}
          />
        </span>
        {asking && (
          <Dialog
            title={w.removeTitle(reply.shortcut)}
            onClose={() => setAsking(false)}
            actions={
              <>
                <Button kind="ghost" onPress={() => setAsking(false)}>
                  {words().cancel}
                </Button>
                <Button kind="harm-prime" onPress={() => void remove()}>
                  {w.remove}
                </Button>
              </>
            }
          >
            <p class="t2">{w.removeWhat}</p>
          </Dialog>
        )}
      </td>
    </tr>
  );
}

/** As the server decides it. */
function mayChange(desk: Desk, { scope, owner_id, team_id }: CannedReply): boolean {
  if (scope === 'me') return owner_id === desk.me.agent.id;
  if (desk.may(MANAGE)) return true;
  return scope === 'team' && team_id !== null && desk.myself().teams.includes(team_id);
}

const EMPTY = { shortcut: '', title: '', text_en: '', text_zh: '', scope: 'me', team_id: null } as const;
type Form = Pick<CannedReply, keyof typeof EMPTY>;

function ReplyForm({ reply, onDone }: { reply: CannedReply | null; onDone: () => void }) {
  const desk = useDesk();
  const w = t();
  const before: Form = reply ?? EMPTY;
  const [form, setForm] = useState<Form>(before);
  const set = (change: Partial<Form>): void => setForm({ ...form, ...change });
  const keys = Object.keys(EMPTY) as (keyof Form)[];
  const dirty = keys.some((key) => form[key] !== before[key]);
  const save = async (): Promise<void> => {
    const body = Object.fromEntries(keys.map((key) => [key, form[key]])) as Form;
    await (reply ? desk.canned.change(reply.id, body) : desk.canned.create(body));
    desk.say(reply ? words().saved : words().created);
    onDone();
  };
  return (
    <SaveForm dirty={dirty} fault={faultOf(form)} onSave={save} onCancel={onDone}>
      <div class="form-grid">
        <TextField
          label={w.shortcut}
          field="shortcut"
          hint={w.shortcutHint}
          focus
          maxLength={40}
          value={form.shortcut}
          onInput={(shortcut) => set({ shortcut: shortcut.replace(/[\s/]/gu, '') })}
        />
        <TextField label={w.name} field="title" maxLength={120} value={form.title} onInput={(title) => set({ title })} />
        <TextField
          label={w.chinese}
          field="text_zh"
          lines={4}
          maxLength={4_000}
          hint={w.textHint}
          value={form.text_zh}
          onInput={(text_zh) => set({ text_zh })}
        />
        <TextField
          label={w.english}
          field="text_en"
          lines={4}
          maxLength={4_000}
          value={form.text_en}
          onInput={(text_en) => set({ text_en })}
        />
        <p class="wide small t3">
          {w.variables} {VARIABLES.map((name) => `{{${name}}}`).join(' ')}
          <br />
          {w.variablesHint}
        </p>
        <Whose desk={desk} form={form} onChange={set} />
      </div>
    </SaveForm>
  );
}

function Whose({ desk, form, onChange }: { desk: Desk; form: Form; onChange: (change: Partial<Form>) => void }) {
  const w = t();
  const manages = desk.may(MANAGE);
  const mine = desk.myself().teams;
  const teams = [...desk.people.teams.value.values()].filter(({ id }) => manages || mine.includes(id));
  const scopes = (['me', 'team', 'all'] as const).filter(
    (scope) => scope === form.scope || scope === 'me' || (scope === 'team' ? teams.length > 0 : manages),
  );
  return (
    <>
      <SelectField
        label={w.whose}
        value={form.scope}
        choices={scopes.map((scope) => ({ value: scope, label: w.scope[scope] }))}
        onChange={(value) => {
          const scope = value as Form['scope'];
          onChange({ scope, team_id: scope === 'team' ? (form.team_id ?? teams[0]?.id ?? null) : null });
        }}
      />
      {form.scope === 'team' && (
        <SelectField
          label={w.team}
          field="team_id"
          value={form.team_id ?? ''}
          choices={teams.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(team_id) => onChange({ team_id })}
        />
      )}
    </>
  );
}

function faultOf({ shortcut, title, text_en, text_zh, scope, team_id }: Form): string | null {
  const w = t();
  if (shortcut === '') return w.faultShortcut;
  if (title.trim() === '') return w.faultTitle;
  if (text_en.trim() === '' && text_zh.trim() === '') return w.faultText;
  return scope === 'team' && team_id === null ? w.faultTeam : null;
}
