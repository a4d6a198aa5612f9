import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import type { Desk } from '../state/desk';
import { t as words } from '../words';
import { MomentPicker } from './MomentPicker';
import { t } from './words';

/** Until when a conversation sleeps. */
export function SnoozeDialog({ desk, conv, onClose }: { desk: Desk; conv: string; onClose: () => void }) {
  const w = t();
  const choose = (until: number | null): void => {
    void desk.snooze(conv, until);
    onClose();
  };
  return (
    <Dialog
      title={w.snoozeTitle}
      onClose={onClose}
      actions={
        <Button kind="ghost" onPress={onClose}>
          {words().cancel}
        </Button>
      }
    >
      <p class="t2">{w.snoozeWhat}</p>
      <button type="button" class="moment" onClick={() => choose(null)}>
        <span class="grow">{w.untilReply}</span>
      </button>
      <MomentPicker desk={desk} act={w.snoozeAct} onChoose={choose} />
    </Dialog>
  );
}
