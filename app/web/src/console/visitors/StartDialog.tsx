import { useRef, useState } from 'preact/hooks';
import { systemRandom } from '../../kit/clock';
import { TEXT_MAX } from '../../kit/frames';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { TextField } from '../../kit/ui/Field';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import { t as words } from '../words';
import type { Guest } from './guests';
import { t } from './words';

/** The first words to a visitor; the conversation that comes of them is opened. */
export function StartDialog({ desk, guest, onClose }: { desk: Desk; guest: Guest; onClose: () => void }) {
  const w = t();
  const { contact } = guest;
  const cid = useRef(systemRandom.hex(16)).current;
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState('');
  const send = async (): Promise<void> => {
    if (busy || text.trim() === '') return;
    setBusy(true);
    setWhy('');
    try {
      const headers = { 'Idempotency-Key': cid };
      const ack = await desk.api.post<{ conv: string }>(`api/v1/contacts/${contact.id}/conversations`, { text }, { headers });
      onClose();
      desk.router.go(`c/${ack.conv}`);
    } catch (error) {
      setWhy(reason(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={w.startWith(contact.name || words().visitor(contact.number))}
      onClose={onClose}
      actions={
        <>
          <Button kind="ghost" onPress={onClose}>
            {words().cancel}
          </Button>
          <Button kind="prime" icon="send" busy={busy} disabled={text.trim() === ''} onPress={() => void send()}>
            {w.send}
          </Button>
        </>
      }
    >
      <div class="start-form">
        <p class="t2">{w.what}</p>
        <TextField label={w.text} focus lines={3} maxLength={TEXT_MAX} value={text} onInput={setText} />
        {why !== '' && (
          <p class="hint bad" role="alert">
            {why}
          </p>
        )}
      </div>
    </Dialog>
  );
}
