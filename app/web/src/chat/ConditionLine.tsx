import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../kit/ui/Icon';
import type { Visit } from './visit';
import { t } from './words';

const PATIENCE_MS = 1_000;

/** One amber line above the field while there is no connection; writing goes on. A short gap says nothing. */
export function ConditionLine({ visit }: { visit: Visit }) {
  const condition = visit.condition.value;
  const now = useNow(condition.state === 'waiting');
  const patient = usePatience(condition.state !== 'live');
  if (condition.state === 'live' || !patient) return null;
  return (
    <div class="condition" role="status">
      <Icon name="offline" size="s" />
      <span class="grow">{condition.state === 'waiting' ? t().retryIn(Math.max(1, Math.ceil((condition.retryAt - now) / 1_000))) : condition.state === 'stopped' ? t().stopped : t().connecting}</span>
      {condition.state === 'waiting' && <button type="button" class="link" onClick={() => visit.nudge()}>{t().retryNow}</button>}
    </div>
  );
}

function useNow(ticking: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!ticking) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [ticking]);
  return now;
}

function usePatience(troubled: boolean): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    setOver(false);
    if (!troubled) return undefined;
    const timer = setTimeout(() => setOver(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [troubled]);
  return over;
}
