import { useEffect, useState } from 'preact/hooks';
import { base } from '../../kit/place';
import { fullTime } from '../../kit/dates';
import { language, words as both } from '../../kit/i18n';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import { t as shared } from '../words';
import { Once } from './Once';

const t = both({
  en: {
    title: 'Customers who are signed in',
    lead: 'Your server signs who the customer is with a secret of this inbox; then agents see him as verified, and on every device he is the same customer.',
    manual: 'How your server does it',
    none: 'No secret yet: everybody is a visitor whom nobody has proven.',
    make: 'Make secret',
    rotate: 'Replace by a new secret',
    rotateHint: 'The one before works for another 24 hours, so that you can change your server.',
    once: 'It belongs on your server, never into the page.',
    secret: 'The secret', // pragma: allowlist secret - a label
    made: (moment: string) => `made ${moment}`,
    used: (moment: string) => `last used ${moment}`,
    unused: 'not used yet',
    ends: (moment: string) => `ends ${moment}`,
    end: 'End now',
    endOne: (moment: string) => `End the secret made ${moment}`,
    endTitle: 'End this secret now?',
    endWhat: 'Customers whom your server proves with it are visitors without a proof from now on.',
    ended: 'The secret is ended.',
  },
  zh: {
    title: '已登录的客户',
    lead: '由你的服务器用该收件箱的密钥为客户身份签名；客服会看到“已核实”，客户在各个设备上都是同一联系人。',
    manual: '服务器如何签名',
    none: '尚无密钥：所有人都是身份未经证明的访客。',
    make: '生成密钥',
    rotate: '更换为新密钥',
    rotateHint: '原密钥还会有效 24 小时，便于你修改服务器。',
    once: '密钥只能放在你的服务器上，切勿写入网页。',
    secret: '密钥',
    made: (moment) => `生成于 ${moment}`,
    used: (moment) => `最近使用 ${moment}`,
    unused: '尚未使用',
    ends: (moment) => `${moment} 失效`,
    end: '立即停用',
    endOne: (moment) => `停用 ${moment} 生成的密钥`,
    endTitle: '立即停用该密钥？',
    endWhat: '你的服务器用它证明的客户，从现在起将成为未经证明的访客。',
    ended: '密钥已停用。',
  },
});

interface Key {
  readonly id: string;
  readonly created_at: number;
  readonly ends_at: number | null;
  readonly used_at: number | null;
}

/** Secrets by which the website proves its customers: made, shown once, replaced with an overlap, ended. */
export function InboxIdentity({ desk, inboxId }: { desk: Desk; inboxId: string }) {
  const w = t();
  const path = `api/v1/inboxes/${inboxId}/identity-keys`;
  const [keys, setKeys] = useState<readonly Key[] | null>(null);
  const [secret, setSecret] = useState('');
  const [going, setGoing] = useState<Key | null>(null);
  const [why, setWhy] = useState('');
  const load = (): void => {
    desk.api.get<{ keys: readonly Key[] }>(path).then(
      (answer) => setKeys(answer.keys),
      (error: unknown) => setWhy(reason(error)),
    );
  };
  useEffect(load, []);
  const attempt = async (act: () => Promise<void>): Promise<void> => {
    setWhy('');
    try {
      await act();
    } catch (error) {
      setWhy(reason(error));
    }
    load();
  };
  const make = (): Promise<void> => attempt(async () => setSecret((await desk.api.post<{ secret: string }>(path, {})).secret));
  const end = (key: Key): Promise<void> =>
    attempt(async () => {
      await desk.api.delete(`api/v1/identity-keys/${key.id}`);
      setGoing(null);
      desk.say(w.ended);
    });
  const at = (moment: number): string => fullTime(moment, language.value);
  return (
    <div class="card-body">
      <span class="label">{w.title}</span>
      <p class="t2">
        {w.lead} <a href={`${base}docs/${language.value}/widget#identity`} target="_blank" rel="noopener">{w.manual}</a>
      </p>
      {secret !== '' && <Once title={w.secret} secret={secret} why={w.once} onKept={() => setSecret('')} />}
      {keys?.length === 0 && <p class="t3">{w.none}</p>}
      <ul class="agent-sessions">
        {keys?.map((key) => (
          <li key={key.id} class="row wrap">
            <span class="grow">
              {w.made(at(key.created_at))}{' '}
              <span class="small t3">
                {key.used_at === null ? w.unused : w.used(at(key.used_at))}
                {key.ends_at !== null && ` · ${w.ends(at(key.ends_at))}`}
              </span>
            </span>
            <Button kind="ghost" size="s" label={w.endOne(at(key.created_at))} onPress={() => setGoing(key)}>
              {w.end}
            </Button>
          </li>
        ))}
      </ul>
      <div class="row wrap">
        <Button icon={keys?.length ? 'refresh' : 'plus'} disabled={keys === null} onPress={() => void make()}>
          {keys?.length ? w.rotate : w.make}
        </Button>
        {!!keys?.length && <span class="small t3">{w.rotateHint}</span>}
      </div>
      {why !== '' && (
        <p class="hint bad" role="alert">
          {why}
        </p>
      )}
      {going && (
        <Dialog
          title={w.endTitle}
          onClose={() => setGoing(null)}
          actions={
            <>
              <Button onPress={() => setGoing(null)}>{shared().cancel}</Button>
              <Button kind="harm-prime" onPress={() => void end(going)}>
                {w.end}
              </Button>
            </>
          }
        >
          <p class="body">{w.endWhat}</p>
        </Dialog>
      )}
    </div>
  );
}
