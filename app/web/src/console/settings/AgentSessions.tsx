import { useEffect, useState } from 'preact/hooks';
import type { Colleague } from '../../kit/frames';
import { words as both } from '../../kit/i18n';
import { Button } from '../../kit/ui/Button';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import { shortTime } from '../times';
import { browserName } from './browserName';

const t = both({
  en: {
    title: 'Where he is signed in',
    none: 'Nowhere',
    seen: (moment: string) => `last used ${moment}`,
    unknown: 'Unknown browser',
    end: 'Sign out',
    endOne: (browser: string, address: string) => `Sign out ${browser} ${address}`,
    endAll: 'Sign out everywhere',
    ended: 'Signed out there.',
  },
  zh: {
    title: '登录位置',
    none: '未登录',
    seen: (moment) => `最近使用：${moment}`,
    unknown: '未知浏览器',
    end: '退出',
    endOne: (browser, address) => `退出 ${browser} ${address}`,
    endAll: '退出全部登录',
    ended: '已退出。',
  },
});

interface Session {
  readonly id: string;
  readonly current: boolean;
  readonly seen_at: number;
  readonly address: string;
  readonly user_agent: string;
}

/** A colleague's sessions, for who manages agents: a lost laptop is signed out here. */
export function AgentSessions({ desk, agent }: { desk: Desk; agent: Colleague }) {
  const w = t();
  const path = `api/v1/agents/${agent.id}/sessions`;
  const [sessions, setSessions] = useState<readonly Session[]>([]);
  const [why, setWhy] = useState('');
  const load = (): void => {
    desk.api.get<{ sessions: readonly Session[] }>(path).then(
      (answer) => setSessions(answer.sessions),
      (error: unknown) => setWhy(reason(error)),
    );
  };
  useEffect(load, []);
  const end = async (where: string): Promise<void> => {
    setWhy('');
    try {
      await desk.api.delete(where);
      desk.say(w.ended);
    } catch (error) {
      setWhy(reason(error));
    }
    load();
  };
  return (
    <div class="field wide" role="group" aria-label={w.title}>
      <span class="label">{w.title}</span>
      {sessions.length === 0 && <span class="t3">{w.none}</span>}
      <ul class="agent-sessions">
        {sessions.map((session) => {
          const browser = browserName(session.user_agent) || w.unknown;
          return (
            <li key={session.id} class="row wrap">
              <span class="grow">
                {browser} <span class="t3 num">{session.address}</span>{' '}
                <span class="small t3">{w.seen(shortTime(session.seen_at, desk.now.value))}</span>
              </span>
              <Button kind="ghost" size="s" label={w.endOne(browser, session.address)} onPress={() => void end(`api/v1/sessions/${session.id}`)}>
                {w.end}
              </Button>
            </li>
          );
        })}
      </ul>
      {sessions.length > 1 && (
        <div>
          <Button onPress={() => void end(path)}>{w.endAll}</Button>
        </div>
      )}
      {why !== '' && (
        <p class="hint bad" role="alert">
          {why}
        </p>
      )}
    </div>
  );
}
