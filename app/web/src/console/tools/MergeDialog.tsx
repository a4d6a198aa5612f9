import { useEffect, useState } from 'preact/hooks';
import type { Conversation } from '../../kit/frames';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { Failure } from '../../kit/ui/Empty';
import { TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import { shortTime } from '../times';
import { t as words } from '../words';
import { t } from './words';

const ID = /[0-9a-hjkmnp-tv-z]{26}/u;

/** The customer's other conversations, to merge or link one; and a field for the address of anybody's, to link it. */
export function MergeDialog({ desk, conv, onClose }: { desk: Desk; conv: string; onClose: () => void }) {
  const w = t();
  const [others, setOthers] = useState<readonly Conversation[] | null>(null);
  const [why, setWhy] = useState('');
  const [address, setAddress] = useState('');
  const contact = desk.lists.heads.value.get(conv)?.conversation.contact_id;
  useEffect(() => {
    if (!contact) return;
    desk.api.get<{ conversations: readonly Conversation[] }>(`api/v1/contacts/${contact}`).then(
      ({ conversations }) => setOthers(conversations.filter(({ id, merged_into: into }) => id !== conv && into === null)),
      (error: unknown) => setWhy(reason(error)),
    );
  }, [contact]);
  const merge = async (other: Conversation): Promise<void> => {
    const older = await desk.relate(conv, 'merge', { conversation_id: other.id }, w.merged);
    if (older === null) return;
    onClose();
    if (older.id !== conv) desk.router.go(`c/${older.id}`);
  };
  const link = async (id: string): Promise<void> => {
    if ((await desk.relate(conv, 'links', { conversation_id: id }, w.linkedNow)) !== null) onClose();
  };
  const named = ID.exec(address)?.[0];
  return (
    <Dialog
      title={w.mergeTitle}
      onClose={onClose}
      actions={
        <Button kind="ghost" onPress={onClose}>
          {words().cancel}
        </Button>
      }
    >
      <p class="t2">{w.mergeWhat}</p>
      {why !== '' && <Failure title={words().contactFailed} reason={why} />}
      {others === null && why === '' && <Skeleton label={words().loading} rows={3} face={false} />}
      {others?.length === 0 && <p class="small t3">{w.noOthers}</p>}
      {others !== null && others.length > 0 && (
        <ul class="targets" aria-label={w.others}>
          {others.map((other) => (
            <li key={other.id} class="target">
              <span class="grow cut" title={other.last_text}>{other.last_text || words().photo}</span>
              <Badge>{words().status[other.status]}</Badge>
              <span class="small t3 num">{shortTime(other.created_at, desk.now.value)}</span>
              <Button size="s" onPress={() => void merge(other)}>
                {w.merge}
              </Button>
              <Button kind="ghost" size="s" icon="link" label={w.link} onPress={() => void link(other.id)} />
            </li>
          ))}
        </ul>
      )}
      <form
        class="moment-own"
        onSubmit={(event) => {
          event.preventDefault();
          if (named) void link(named);
        }}
      >
        <TextField label={w.linkAddress} hint={w.linkHint} value={address} onInput={setAddress} />
        <Button type="submit" disabled={named === undefined}>
          {w.link}
        </Button>
      </form>
    </Dialog>
  );
}
