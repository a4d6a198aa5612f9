import { useEffect, useState } from 'preact/hooks';
import { fullTime } from '../../kit/dates';
import type { Speaker } from '../../kit/frames';
import { language } from '../../kit/i18n';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { Failure } from '../../kit/ui/Empty';
import { Skeleton } from '../../kit/ui/Skeleton';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import { t as words } from '../words';
import './MacroDialog.css';
import { t } from './words';

interface Version {
  readonly message_id: string;
  readonly at: number;
  readonly by: Speaker;
  readonly text: string;
  readonly deleted: boolean;
  readonly withheld: boolean;
}

/** What messages of a conversation said before, and who changed them when. */
export function VersionsDialog({ desk, conv, onClose }: { desk: Desk; conv: string; onClose: () => void }) {
  const w = t();
  const [versions, setVersions] = useState<readonly Version[] | null>(null);
  const [why, setWhy] = useState('');
  useEffect(() => {
    desk.api.get<{ versions: readonly Version[] }>(`api/v1/conversations/${conv}/versions`).then(
      (answer) => setVersions(answer.versions),
      (error: unknown) => setWhy(reason(error)),
    );
  }, [conv]);
  const nameOf = ({ kind, name }: Speaker): string => (kind === 'visitor' ? desk.customer(conv) : name || words().unknownColleague);
  return (
    <Dialog
      title={w.versions}
      onClose={onClose}
      actions={<Button onPress={onClose}>{words().closePane}</Button>}
    >
      {why !== '' && <Failure title={w.versionsFailed} reason={why} />}
      {versions === null && why === '' && <Skeleton label={words().loading} rows={3} face={false} />}
      {versions?.length === 0 && <p class="t2">{w.noVersions}</p>}
      <ul class="macro-steps plain">
        {(versions ?? []).map((one) => (
          <li key={`${one.message_id}${one.at}`}>
            <div class="small t2">
              {(one.deleted ? w.takenBackBy : w.editedBy)(nameOf(one.by), fullTime(one.at, language.value))}
            </div>
            <div class="macro-words">{one.withheld ? <span class="t3">{w.withheld}</span> : one.text}</div>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
