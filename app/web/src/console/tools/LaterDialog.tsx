import { useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { Checkbox } from '../../kit/ui/Toggle';
import type { Desk } from '../state/desk';
import { t as words } from '../words';
import { MomentPicker } from './MomentPicker';
import { t } from './words';

/** When what is written goes. */
export function LaterDialog({ desk, onChoose, onClose }: { desk: Desk; onChoose: (at: number, unless: boolean) => void; onClose: () => void }) {
  const w = t();
  const [unless, setUnless] = useState(true);
  return (
    <Dialog
      title={w.laterTitle}
      onClose={onClose}
      actions={
        <Button kind="ghost" onPress={onClose}>
          {words().cancel}
        </Button>
      }
    >
      <p class="t2">{w.laterWhat}</p>
      <Checkbox on={unless} onChange={setUnless}>
        {w.unlessWritten}
      </Checkbox>
      <MomentPicker desk={desk} act={w.sendLater} onChoose={(at) => onChoose(at, unless)} />
    </Dialog>
  );
}
