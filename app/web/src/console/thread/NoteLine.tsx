import { useState } from 'preact/hooks';
import { clockTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { Memo } from '../../kit/ui/Bubble';
import { mentioned } from '../composer/token';
import type { Desk } from '../state/desk';
import { sourceName } from '../speakers';
import { t } from '../words';
import { EditBox } from './EditBox';
import { Content, Moment } from './Group';
import { OwnMenu } from './OwnMenu';
import type { Shown } from './pending';

interface NoteLineProps {
  desk: Desk;
  conv: string;
  entry: Shown;
  query: string;
  found: boolean;
}

/** A private note: full width, amber paper. */
export function NoteLine({ desk, conv, entry, query, found }: NoteLineProps) {
  const w = t();
  const [editing, setEditing] = useState(false);
  const own = entry.sender.id === desk.me.agent.id && !entry.deleted;
  const who = (
    <>
      <b class="mid">{entry.sender.name || sourceName(entry.sender.id) || desk.nameOf(entry.sender.id)}</b>
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
  const label = [w.note, entry.sender.name || sourceName(entry.sender.id) || desk.nameOf(entry.sender.id), clockTime(entry.at, language.value)].join(', ');
  return (
    <div data-seq={entry.seq} tabIndex={-1} role="article" aria-label={label}>
      <Memo who={who} at={at} state={entry.changing ? 'pending' : undefined} found={found}>
        {editing ? (
          <EditBox desk={desk} conv={conv} entry={entry} onClose={() => setEditing(false)} />
        ) : entry.deleted ? (
          <span class="t3">{w.takenBack}</span>
        ) : (
          <Content entry={entry} query={query} named={named(desk, entry)} />
        )}
      </Memo>
    </div>
  );
}

/** Whom it names; of an own one that has just gone the text alone tells. */
function named(desk: Desk, { data, text = '', sender }: Shown): readonly string[] {
  if (data) return Object.values(data);
  if (sender.id !== desk.me.agent.id) return [];
  return mentioned(text, [...desk.people.colleagues.value.values()]).map((id) => desk.nameOf(id));
}
