import { useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { MenuButton, type MenuItem } from '../../kit/ui/Menu';
import { copy } from '../clipboard';
import type { Desk } from '../state/desk';
import { t } from '../words';
import type { Shown } from './pending';

interface OwnMenuProps {
  desk: Desk;
  conv: string;
  entry: Shown;
  onEdit: () => void;
}

/** What one can do with an own message or note. */
export function OwnMenu({ desk, conv, entry, onEdit }: OwnMenuProps) {
  const w = t();
  const [asking, setAsking] = useState(false);
  const { text = '', id } = entry;
  const items: MenuItem[] = [
    ...(text ? [{ key: 'edit', label: w.editMessage, icon: 'pen' as const, onChoose: onEdit }] : []),
    ...(text
      ? [
          {
            key: 'copy',
            label: w.copyText,
            icon: 'copy' as const,
            onChoose: () => void copy(text).then((done) => desk.say(done ? w.copied : w.copyByHand)),
          },
        ]
      : []),
    { key: 'delete', label: w.deleteMessage, icon: 'x', harm: true, onChoose: () => setAsking(true) },
  ];
  const takeBack = (): void => {
    setAsking(false);
    desk.delivery.send({ t: 'delete', conv, id });
  };
  return (
    <>
      <MenuButton items={items} kind="ghost" size="s" icon="more" label={w.messageActions} />
      {asking && (
        <Dialog
          title={w.deleteTitle}
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button kind="ghost" onPress={() => setAsking(false)}>
                {w.cancel}
              </Button>
              <Button kind="harm-prime" onPress={takeBack}>
                {w.deleteMessage}
              </Button>
            </>
          }
        >
          <p class="t2">{w.deleteWhat}</p>
        </Dialog>
      )}
    </>
  );
}
