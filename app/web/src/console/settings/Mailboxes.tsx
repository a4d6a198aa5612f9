import { useState } from 'preact/hooks';
import { fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { Badge } from '../../kit/ui/Badge';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty } from '../../kit/ui/Empty';
import { useDesk } from '../state/desk';
import { reason } from '../state/session';
import { t as common } from '../words';
import { MailboxForm } from './MailboxForm';
import { TroubleLine } from './TroubleLine';
import type { Mailbox } from './mailModel';
import { t } from './mailWords';

/** Addresses that are inboxes, and how it goes with each. */
export function Mailboxes({ mailboxes, onChanged }: { mailboxes: readonly Mailbox[]; onChanged: () => void }) {
  const w = t();
  const [open, setOpen] = useState<string | null>(null);
  const done = (): void => {
    setOpen(null);
    onChanged();
  };
  const add = (
    <Button icon="plus" onPress={() => setOpen('new')}>
      {w.addAddress}
    </Button>
  );
  return (
    <>
      <Card title={w.addresses} action={mailboxes.length > 0 && open !== 'new' ? add : undefined}>
        {open === 'new' ? (
          <MailboxForm box={null} onDone={done} onCancel={() => setOpen(null)} />
        ) : mailboxes.length === 0 ? (
          <Empty icon="at" title={w.none} action={add}>
            {w.noneNext}
          </Empty>
        ) : (
          <div class="card-body">
            <p class="hint">{w.addressesLead}</p>
          </div>
        )}
      </Card>
      {mailboxes.map((box) => (
        <Card key={box.inbox_id} title={box.address} note={box.name} action={<State box={box} />}>
          {open === box.inbox_id ? (
            <MailboxForm box={box} onDone={done} onCancel={() => setOpen(null)} />
          ) : (
            <Shown box={box} onEdit={() => setOpen(box.inbox_id)} onLooked={onChanged} />
          )}
        </Card>
      ))}
    </>
  );
}

function State({ box }: { box: Mailbox }) {
  const w = t();
  if (!box.active) return <Badge>{w.paused}</Badge>;
  if (box.state.trouble) return <Badge tone="danger">{w.unreadable}</Badge>;
  return box.state.looked_at === null ? <Badge>{w.untried}</Badge> : <Badge tone="ok">{w.works}</Badge>;
}

interface Tried {
  readonly ok: boolean;
  readonly en: string;
  readonly zh: string;
}

function Shown({ box, onEdit, onLooked }: { box: Mailbox; onEdit: () => void; onLooked: () => void }) {
  const desk = useDesk();
  const w = t();
  const [busy, setBusy] = useState(false);
  const [told, setTold] = useState<{ ok: boolean; text: string } | null>(null);
  const look = async (): Promise<void> => {
    setBusy(true);
    try {
      const tried = await desk.api.post<Tried>(`api/v1/mail/mailboxes/${box.inbox_id}/test`);
      setTold({ ok: tried.ok, text: tried[language.value] });
      onLooked();
    } catch (error) {
      setTold({ ok: false, text: reason(error) });
    }
    setBusy(false);
  };
  return (
    <>
      <div class="card-body">
        <dl class="about-facts">
          <div>
            <dt>{w.imap}</dt>
            <dd>
              {box.server.host}:{box.server.port} · {w.imapSecurities[box.server.security]}
            </dd>
          </div>
        </dl>
        {box.state.trouble ? (
          <TroubleLine trouble={box.state.trouble} />
        ) : (
          <p class="hint">
            {box.state.looked_at === null ? w.never : w.looked(fullTime(box.state.looked_at, language.value))}
          </p>
        )}
        {told && (
          <Banner tone={told.ok ? 'ok' : 'danger'} icon={told.ok ? 'check' : 'stop'}>
            {told.text}
          </Banner>
        )}
      </div>
      <div class="card-foot">
        <Button onPress={onEdit}>{common().edit}</Button>
        <Button icon="refresh" busy={busy} onPress={() => void look()}>
          {w.lookNow}
        </Button>
      </div>
    </>
  );
}
