import { useState } from 'preact/hooks';
import { Memo } from '../../kit/ui/Bubble';
import type { Desk } from '../state/desk';
import { t } from '../words';
import { EditBox } from './EditBox';
import { Content, Moment } from './Group';
import { OwnMenu } from './OwnMenu';
import type { Shown } from './pending';

/** A private note: full width, amber paper. */
export function NoteLine({ desk, conv, entry, found }: { desk: Desk; conv: string; entry: Shown; found: boolean }) {
  const w = t();
  const [editing, setEditing] = useState(false);
  const own = entry.sender.id === desk.me.agent.id && !entry.deleted;
  const who = (
    <>
      <b class="mid">{entry.sender.name || desk.nameOf(entry.sender.id)}</b>
      {w.note}
      {entry.edited_at != null && !entry.deleted && ` · ${w.edited}`}
    </>
  );
  const at = (
    <>
      <Moment at={entry.at} />
      {own && <OwnMenu desk={desk} conv={conv} entry={entry} onEdit={() => setEditing(true)} />}
    </>
  );
  return (
    <div data-seq={entry.seq}>
      <Memo who={who} at={at} state={entry.changing ? 'pending' : undefined} found={found}>
        {editing ? (
          <EditBox desk={desk} conv={conv} entry={entry} onClose={() => setEditing(false)} />
        ) : entry.deleted ? (
          <span class="t3">{w.takenBack}</span>
        ) : (
          <Content entry={entry} />
        )}
      </Memo>
    </div>
  );
}
