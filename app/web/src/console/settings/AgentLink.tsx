import { useEffect, useState } from 'preact/hooks';
import { fullTime } from '../../kit/dates';
import type { Colleague } from '../../kit/frames';
import { language } from '../../kit/i18n';
import { base } from '../../kit/place';
import { Button } from '../../kit/ui/Button';
import { copy } from '../clipboard';
import { t } from '../entry/accessWords';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import { t as common } from '../words';

interface Given {
  readonly mailed: boolean;
  readonly token: string;
  readonly expires_at: number | null;
}

interface AgentLinkProps {
  desk: Desk;
  agent: Colleague;
  /** Right away: the colleague was just added without a password. */
  now?: boolean;
}

/** A link by which a colleague sets his password: mailed where letters leave, else shown, this once. */
export function AgentLink({ desk, agent, now = false }: AgentLinkProps) {
  const w = t();
  const [given, setGiven] = useState<Given | null>(null);
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<string | null>(null);
  const [copied, setCopied] = useState(false);
  const give = async (show: boolean): Promise<void> => {
    setBusy(true);
    setWhy(null);
    setCopied(false);
    try {
      setGiven(await desk.api.post<Given>(`api/v1/agents/${agent.id}/link`, { show }));
    } catch (error) {
      setWhy(reason(error));
    }
    setBusy(false);
  };
  useEffect(() => {
    if (now) void give(false);
  }, []);
  const link = given && !given.mailed ? `${base}password#${given.token}` : '';
  return (
    <div class="field wide">
      <span class="label">{w.link}</span>
      <p class="hint" role="status">
        {given === null ? w.linkHint : given.mailed ? w.mailed(agent.email) : w.shown(fullTime(given.expires_at ?? 0, language.value))}
      </p>
      {link && (
        <code class="snippet" lang="en" tabIndex={0}>
          {link}
        </code>
      )}
      {why && (
        <p class="hint bad" role="alert">
          {why}
        </p>
      )}
      <div class="row wrap">
        {link && (
          <Button size="s" icon={copied ? 'check' : 'copy'} onPress={() => void copy(link).then(setCopied)}>
            {copied ? common().copied : common().copy}
          </Button>
        )}
        {given?.mailed && (
          <Button size="s" busy={busy} onPress={() => void give(true)}>
            {w.showInstead}
          </Button>
        )}
        <Button size="s" icon="link" busy={busy} onPress={() => void give(false)}>
          {given === null ? w.give : w.giveAgain}
        </Button>
      </div>
    </div>
  );
}
