import { useState } from 'preact/hooks';
import type { Colleague } from '../../kit/frames';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import { t as common } from '../words';
import { t } from './securityWords';

interface AgentSecondStepProps {
  desk: Desk;
  agent: Colleague;
  onReset: () => void;
}

/** For a colleague who lost phone and recovery codes: an administrator turns the second step off. */
export function AgentSecondStep({ desk, agent, onReset }: AgentSecondStepProps) {
  const w = t();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<string | null>(null);
  const reset = async (): Promise<void> => {
    setBusy(true);
    try {
      await desk.api.delete(`api/v1/agents/${agent.id}/second-step`);
      desk.say(w.agentResetDone(agent.name));
      setAsking(false);
      onReset();
    } catch (error) {
      setWhy(reason(error));
    }
    setBusy(false);
  };
  return (
    <div class="field wide">
      <span class="label">{w.title}</span>
      <div class="row wrap">
        <span class="t2 grow">{w.agentOn}</span>
        <Button kind="harm" onPress={() => setAsking(true)}>
          {w.agentReset}
        </Button>
      </div>
      {asking && (
        <Dialog
          title={w.agentResetTitle(agent.name)}
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button onPress={() => setAsking(false)}>{common().cancel}</Button>
              <Button kind="harm-prime" busy={busy} onPress={() => void reset()}>
                {w.agentReset}
              </Button>
            </>
          }
        >
          <p class="body">{w.agentResetWhat}</p>
          {why && (
            <p class="hint bad" role="alert">
              {why}
            </p>
          )}
        </Dialog>
      )}
    </div>
  );
}
