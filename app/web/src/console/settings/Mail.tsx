import { useEffect, useState } from 'preact/hooks';
import { fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty, Failure } from '../../kit/ui/Empty';
import { Skeleton } from '../../kit/ui/Skeleton';
import { useDesk } from '../state/desk';
import { reason } from '../state/session';
import { t as common } from '../words';
import { MailRelay } from './MailRelay';
import { Mailboxes } from './Mailboxes';
import { MailTest } from './MailTest';
import { TroubleLine } from './TroubleLine';
import { t } from './mailWords';
import type { MailFacts, Relay } from './mailModel';

/** By which server letters leave, and how it goes with it. */
export function Mail() {
  const desk = useDesk();
  const w = t();
  const [facts, setFacts] = useState<MailFacts | null>(null);
  const [why, setWhy] = useState<string | null>(null);
  const look = (): void => {
    setWhy(null);
    desk.api.get<MailFacts>('api/v1/mail').then(setFacts, (error: unknown) => setWhy(reason(error)));
  };
  useEffect(look, []);
  return (
    <>
      <div class="settings-title">
        <h2>{common().mail}</h2>
      </div>
      <p class="body t2">{w.lead}</p>
      {facts === null ? (
        <Missing why={why} onRetry={look} />
      ) : (
        <>
          <Outgoing relay={facts.relay} onChanged={look} />
          <Mailboxes mailboxes={facts.mailboxes} onChanged={look} />
        </>
      )}
    </>
  );
}

function Missing({ why, onRetry }: { why: string | null; onRetry: () => void }) {
  const w = common();
  const retry = (
    <Button size="s" icon="refresh" onPress={onRetry}>
      {w.retry}
    </Button>
  );
  return (
    <Card>{why === null ? <Skeleton label={w.loading} /> : <Failure title={w.loadFailed} reason={why} retry={retry} />}</Card>
  );
}

function Outgoing({ relay, onChanged }: { relay: Relay | null; onChanged: () => void }) {
  const desk = useDesk();
  const w = t();
  const [editing, setEditing] = useState(false);
  const done = (): void => {
    setEditing(false);
    onChanged();
  };
  if (editing)
    return (
      <Card title={w.relay}>
        <MailRelay relay={relay} onDone={done} onCancel={() => setEditing(false)} />
      </Card>
    );
  if (relay === null)
    return (
      <Card title={w.relay} note={w.off}>
        <Empty
          icon="mail"
          title={w.offTitle}
          action={
            <Button kind="prime" onPress={() => setEditing(true)}>
              {w.setUp}
            </Button>
          }
        >
          {w.offNext}
        </Empty>
      </Card>
    );
  const remove = async (): Promise<void> => {
    try {
      await desk.api.delete('api/v1/mail/relay');
      onChanged();
    } catch (error) {
      desk.say(reason(error));
    }
  };
  return (
    <Card title={w.relay} action={<State relay={relay} />}>
      <div class="card-body">
        <dl class="about-facts">
          <div>
            <dt>{w.host}</dt>
            <dd>
              {relay.server.host}:{relay.server.port} · {w.securities[relay.server.security]}
            </dd>
          </div>
          <div>
            <dt>{w.sender}</dt>
            <dd>{relay.name ? `${relay.name} <${relay.sender}>` : relay.sender}</dd>
          </div>
        </dl>
        {relay.state.trouble && <TroubleLine trouble={relay.state.trouble} />}
        {relay.state.sent_at !== null && (
          <p class="hint">{w.lastSent(fullTime(relay.state.sent_at, language.value))}</p>
        )}
        <MailTest onTested={onChanged} />
      </div>
      <div class="card-foot">
        <Button onPress={() => setEditing(true)}>{w.change}</Button>
        <Button kind="harm" onPress={() => void remove()}>
          {w.remove}
        </Button>
      </div>
    </Card>
  );
}

function State({ relay }: { relay: Relay }) {
  const w = t();
  if (relay.state.trouble) return <Badge tone="danger">{w.broken}</Badge>;
  return relay.state.sent_at === null ? <Badge>{w.untried}</Badge> : <Badge tone="ok">{w.works}</Badge>;
}
