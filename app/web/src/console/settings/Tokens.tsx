import { useEffect, useState } from 'preact/hooks';
import { fullTime } from '../../kit/dates';
import { language, words as both } from '../../kit/i18n';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Dialog } from '../../kit/ui/Dialog';
import { Empty, Failure } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { type Desk, useDesk } from '../state/desk';
import { reason } from '../state/session';
import { t as shared } from '../words';
import { Once } from './Once';
import { PermissionChecks } from './PermissionChecks';
import { SaveForm } from './SaveForm';
import { type RoleBook, said, useRoles } from './roleBook';

const LIVES = ['30', '90', '365', ''] as const;

const t = both({
  en: {
    lead: 'By a token a program uses the API in your name, within what you allow it here and never beyond your own rights.',
    add: 'Make token',
    none: 'No tokens yet',
    noneNext: 'Make one for each program, so that you can revoke each alone.',
    name: 'Name',
    nameHint: 'What it is for: the program, the machine.',
    life: 'Works for',
    lives: { '30': '30 days', '90': '90 days', '365': 'a year', '': 'as long as nobody revokes it' },
    scopes: 'May',
    by: 'In the name of',
    used: 'Last used',
    never: 'not yet',
    until: 'Until',
    ends: (moment: string) => `until ${moment}`,
    endless: 'no end',
    over: 'over',
    revoke: 'Revoke',
    revokeOne: (name: string) => `Revoke ${name}`,
    revokeTitle: (name: string) => `Revoke the token ${name}?`,
    revokeWhat: 'The program that uses it is refused from now on. This cannot be undone.',
    revoked: 'The token is revoked.',
    onceWhy: 'The program sends it as: Authorization: Bearer …',
    secret: 'The token', // pragma: allowlist secret - a label
    faultScopes: 'Choose at least one thing that it may do.',
  },
  zh: {
    lead: '程序凭令牌以你的名义使用 API，范围以此处允许的为限，且不超出你自己的权限。',
    add: '创建令牌',
    none: '还没有令牌',
    noneNext: '请为每个程序单独创建，以便分别撤销。',
    name: '名称',
    nameHint: '用途：程序或机器的名称。',
    life: '有效期',
    lives: { '30': '30 天', '90': '90 天', '365': '一年', '': '直到撤销为止' },
    scopes: '权限',
    by: '以谁的名义',
    used: '最近使用',
    never: '尚未使用',
    until: '到期',
    ends: (moment) => `${moment} 到期`,
    endless: '不过期',
    over: '已过期',
    revoke: '撤销',
    revokeOne: (name) => `撤销${name}`,
    revokeTitle: (name) => `撤销令牌“${name}”？`,
    revokeWhat: '使用它的程序将立即被拒绝。撤销后无法恢复。',
    revoked: '令牌已撤销。',
    onceWhy: '程序在请求头中发送：Authorization: Bearer …',
    secret: '令牌',
    faultScopes: '请至少选择一项权限。',
  },
});

interface Token {
  readonly id: string;
  readonly agent_id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly seen_at: number | null;
  readonly address: string;
}

/** Tokens of the API, everybody's: made, shown once, revoked. */
export function Tokens() {
  const desk = useDesk();
  const w = t();
  const { book } = useRoles(desk);
  const [tokens, setTokens] = useState<readonly Token[] | null>(null);
  const [why, setWhy] = useState('');
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState('');
  const [going, setGoing] = useState<Token | null>(null);
  const load = (): void => {
    setWhy('');
    desk.api.get<{ tokens: readonly Token[] }>('api/v1/tokens').then(
      (answer) => setTokens(answer.tokens),
      (error: unknown) => setWhy(reason(error)),
    );
  };
  useEffect(load, []);
  const made = (fresh: string): void => {
    setMaking(false);
    setSecret(fresh);
    load();
  };
  const revoked = (): void => {
    setGoing(null);
    load();
  };
  return (
    <>
      <div class="settings-title">
        <h2>{shared().tokens}</h2>
        <span class="end">
          <Button icon="plus" disabled={book === null} onPress={() => setMaking(true)}>
            {w.add}
          </Button>
        </span>
      </div>
      <p class="t2">{w.lead}</p>
      {secret !== '' && (
        <Card title={w.secret}>
          <div class="card-body">
            <Once title={w.secret} secret={secret} why={w.onceWhy} onKept={() => setSecret('')} />
          </div>
        </Card>
      )}
      {making && book !== null && (
        <Card title={w.add}>
          <TokenForm desk={desk} book={book} onMade={made} onCancel={() => setMaking(false)} />
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
        ) : tokens === null || book === null ? (
          <Skeleton label={shared().loading} rows={3} face={false} />
        ) : tokens.length === 0 ? (
          <Empty icon="plug" title={w.none}>
            {w.noneNext}
          </Empty>
        ) : (
          <Table fold label={shared().tokens} head={[w.name, w.scopes, w.used, <span class="sr">{w.revoke}</span>]}>
            {tokens.map((token) => (
              <TokenRow key={token.id} desk={desk} book={book} token={token} onRevoke={() => setGoing(token)} />
            ))}
          </Table>
        )}
      </Card>
      {going && <Revoking desk={desk} token={going} onDone={revoked} onClose={() => setGoing(null)} />}
    </>
  );
}

function TokenRow({ desk, book, token, onRevoke }: { desk: Desk; book: RoleBook; token: Token; onRevoke: () => void }) {
  const w = t();
  const over = token.expires_at !== null && token.expires_at <= desk.now.value;
  const may = book.permissions.filter(({ key }) => token.scopes.includes(key)).map(({ name }) => said(name));
  return (
    <tr>
      <td>
        <span class="col">
          <span class="mid">
            {token.name} {over && <Badge tone="warn">{w.over}</Badge>}
          </span>
          <span class="small t3">
            {desk.nameOf(token.agent_id)} · {token.expires_at === null ? w.endless : w.ends(fullTime(token.expires_at, language.value))}
          </span>
        </span>
      </td>
      <td class="t2 canned-what">{may.join(shared().listStop)}</td>
      <td class="t2 num">{token.seen_at === null ? w.never : `${fullTime(token.seen_at, language.value)} ${token.address}`}</td>
      <td>
        <Button kind="ghost" size="s" label={w.revokeOne(token.name)} onPress={onRevoke}>
          {w.revoke}
        </Button>
      </td>
    </tr>
  );
}

function TokenForm({ desk, book, onMade, onCancel }: { desk: Desk; book: RoleBook; onMade: (secret: string) => void; onCancel: () => void }) {
  const w = t();
  const [name, setName] = useState('');
  const [life, setLife] = useState<string>('90');
  const [scopes, setScopes] = useState<readonly string[]>([]);
  const save = async (): Promise<void> => {
    const body = { name: name.trim(), scopes, days: life === '' ? null : Number(life) };
    onMade((await desk.api.post<{ secret: string }>('api/v1/tokens', body)).secret);
  };
  const fault = name.trim() === '' ? shared().needed(w.name) : scopes.length === 0 ? w.faultScopes : null;
  return (
    <SaveForm dirty={name !== '' || scopes.length > 0} fault={fault} action={w.add} onSave={save} onCancel={onCancel}>
      <div class="form-grid">
        <TextField label={w.name} field="name" focus maxLength={80} hint={w.nameHint} value={name} onInput={setName} />
        <SelectField label={w.life} value={life} choices={LIVES.map((days) => ({ value: days, label: w.lives[days] }))} onChange={setLife} />
        <PermissionChecks permissions={book.permissions} chosen={scopes} mine={new Set(desk.me.permissions)} onChange={setScopes} />
      </div>
    </SaveForm>
  );
}

function Revoking({ desk, token, onDone, onClose }: { desk: Desk; token: Token; onDone: () => void; onClose: () => void }) {
  const w = t();
  const [why, setWhy] = useState('');
  const revoke = async (): Promise<void> => {
    try {
      await desk.api.delete(`api/v1/tokens/${token.id}`);
      desk.say(w.revoked);
      onDone();
    } catch (error) {
      setWhy(reason(error));
    }
  };
  return (
    <Dialog
      title={w.revokeTitle(token.name)}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{shared().cancel}</Button>
          <Button kind="harm-prime" onPress={() => void revoke()}>
            {w.revoke}
          </Button>
        </>
      }
    >
      <p class="body">{w.revokeWhat}</p>
      {why !== '' && (
        <p class="hint bad" role="alert">
          {why}
        </p>
      )}
    </Dialog>
  );
}
