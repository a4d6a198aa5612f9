import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Icon } from '../../kit/ui/Icon';
import { useDesk } from '../state/desk';
import { t } from '../words';

const PATIENCE_MS = 1_000;

/** One amber line while the server cannot be reached, with the countdown; nothing else stops working. */
export function LineState() {
  const desk = useDesk();
  const w = t();
  const condition = desk.condition.value;
  const late = useLate(condition.state !== 'live');
  if (condition.state === 'live' || condition.state === 'stopped' || !late) return null;
  const seconds = condition.state === 'waiting' ? Math.ceil((condition.retryAt - desk.now.value) / 1_000) : 0;
  const text = !navigator.onLine ? w.offlineLine : seconds > 0 ? w.reconnecting(seconds) : w.reconnectingNow;
  return (
    <div class="strip" role="status">
      <Icon name="offline" size="s" />
      <span class="grow num">{text}</span>
      {condition.state === 'waiting' && (
        <Button kind="ghost" size="s" onPress={() => desk.delivery.nudge()}>
          {w.connectNow}
        </Button>
      )}
    </div>
  );
}

/** A line that is back within a second is not worth a word. */
function useLate(down: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!down) {
      setLate(false);
      return;
    }
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [down]);
  return late;
}
