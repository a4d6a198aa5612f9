import { useEffect, useState } from 'preact/hooks';
import { fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Table } from '../../kit/ui/Table';
import { useDesk } from '../state/desk';
import { reason } from '../state/session';
import { shortTime } from '../times';
import { t as common } from '../words';
import { browserName } from './browserName';
import { useKeptFocus } from './keptFocus';
import { t } from './securityWords';

const PATH = 'api/v1/me/sessions';

interface OwnSession {
  readonly id: string;
  readonly current: boolean;
  readonly created_at: number;
  readonly seen_at: number;
  readonly address: string;
  readonly user_agent: string;
}

/** Where one is signed in, and a way to end it there. `version`: what they were changed by elsewhere on the page. */
export function OwnSessions({ version }: { version: number }) {
  const desk = useDesk();
  const w = t();
  const [sessions, setSessions] = useState<readonly OwnSession[] | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const load = async (): Promise<void> => {
    setFailed(null);
    try {
      setSessions((await desk.api.get<{ sessions: OwnSession[] }>(PATH)).sessions);
    } catch (error) {
      setFailed(reason(error));
    }
  };
  useEffect(() => void load(), [version]);
  const end = async (path: string): Promise<void> => {
    try {
      await desk.api.delete(path);
      desk.say(w.signedOutThere);
    } catch (error) {
      desk.say(reason(error));
    }
    await load();
  };
  const box = useKeptFocus(sessions?.length ?? 0);
  const others = sessions?.some(({ current }) => !current) ?? false;
  return (
    <Card title={w.sessionsTitle}>
      <div ref={box} tabIndex={-1}>
        {failed !== null && (
          <div class="card-body">
            <p class="hint bad" role="alert">
              {w.failed(failed)}
            </p>
            <div>
              <Button onPress={() => void load()}>{common().retry}</Button>
            </div>
          </div>
        )}
        {sessions && (
          <Table fold label={w.sessionsTitle} head={[w.browser, w.address, w.lastSeen, <span class="sr">{w.signOut}</span>]}>
            {sessions.map((each) => (
              <Row key={each.id} session={each} onEnd={() => void end(`${PATH}/${each.id}`)} />
            ))}
          </Table>
        )}
        {others && (
          <div class="card-foot">
            <span class="small t3 grow">{w.othersWhy}</span>
            <Button onPress={() => void end(PATH)}>{w.signOutOthers}</Button>
          </div>
        )}
      </div>
    </Card>
  );
}

function Row({ session, onEnd }: { session: OwnSession; onEnd: () => void }) {
  const desk = useDesk();
  const w = t();
  const name = browserName(session.user_agent) || w.unknownBrowser;
  return (
    <tr>
      <td class="mid">{name}</td>
      <td class="t2 num">{session.address}</td>
      <td class="t2 num" title={fullTime(session.seen_at, language.value)}>
        {session.current ? w.now : shortTime(session.seen_at, desk.now.value)}
      </td>
      <td>
        {session.current ? (
          <Badge tone="accent">{w.here}</Badge>
        ) : (
          <Button kind="ghost" size="s" label={w.signOutThere(name, session.address)} onPress={onEnd}>
            {w.signOut}
          </Button>
        )}
      </td>
    </tr>
  );
}
