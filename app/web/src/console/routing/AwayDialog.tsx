import { useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { TextField } from '../../kit/ui/Field';
import { useDesk } from '../state/desk';
import { t as common } from '../words';
import { t } from './words';

/** Away for a reason in one's own words. */
export function AwayDialog() {
  const desk = useDesk();
  const w = t();
  const [words, setWords] = useState('');
  const close = (): void => {
    desk.choosingAway.value = false;
  };
  const go = (): void => {
    if (words.trim() === '') return;
    void desk.setAvailability('away', words.trim());
    close();
  };
  return (
    <Dialog
      title={w.ownTitle}
      onClose={close}
      actions={
        <>
          <Button kind="ghost" onPress={close}>
            {common().cancel}
          </Button>
          <Button kind="prime" disabled={words.trim() === ''} onPress={go}>
            {common().away}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          go();
        }}
      >
        <TextField label={w.ownLabel} focus maxLength={60} value={words} onInput={setWords} />
      </form>
    </Dialog>
  );
}
