import { useEffect } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Icon } from '../../kit/ui/Icon';
import type { Desk } from '../state/desk';
import type { Scheduled } from '../state/scheduled';
import { whenText } from '../times';
import './WaitingLines.css';
import { t } from './words';

/** Above the field: what goes later here, and what can still be taken back. */
export function WaitingLines({ desk, conv }: { desk: Desk; conv: string }) {
  const w = t();
  const now = desk.now.value;
  const version = desk.lists.heads.value.get(conv)?.conversation.staff_seq ?? 0;
  useEffect(() => void desk.waiting.look(conv), [conv, version]);
  useEffect(() => desk.waiting.passed(now), [now]);
  const waiting = desk.waiting.here.value.filter(({ conversation_id: id }) => id === conv);
  if (waiting.length === 0) return null;
  return (
    <div class="waiting" role="group" aria-label={w.waitingLines}>
      {waiting.map((one) => (
        <div key={one.id} class="waiting-line">
          <Icon name="clock" size="s" />
          <span class="grow cut" title={one.text}>
            <b class="num">{whenOf(one, now)}</b> · {one.text || w.filesOnly(one.files.length)}
          </span>
          {one.agent_id === desk.me.agent.id ? (
            <Button size="s" icon="back" onPress={() => void desk.takeBack(one)}>
              {one.held ? w.undoSend : w.takeBack}
            </Button>
          ) : (
            <span class="small t3">{desk.nameOf(one.agent_id)}</span>
          )}
        </div>
      ))}
    </div>
  );
}

function whenOf({ held, due_at: due }: Scheduled, now: number): string {
  const w = t();
  return held ? w.goesIn(Math.max(0, Math.ceil((due - now) / 1_000))) : w.goesAt(whenText(due, now));
}
