import type { Visit } from './visit';
import { t } from './words';

/** Reads new messages of the other side aloud; older ones that are scrolled to are not news. */
export function Announcer({ visit }: { visit: Visit }) {
  const entry = visit.heard.value;
  return (
    <div class="sr" role="status" aria-live="polite" aria-atomic="true">
      {entry !== null && <p key={entry.id}>{t().says(entry.sender.name || t().team, wordsOf(entry))}</p>}
    </div>
  );
}

function wordsOf({ text = '', files = [], content }: NonNullable<Visit['heard']['value']>): string {
  const cards = (content?.cards ?? []).map(({ title }) => title);
  const replies = content?.replies ?? [];
  return [text, ...cards, ...files.map(({ name }) => name), ...(replies.length > 0 ? [t().quickReplies] : [])].filter(Boolean).join(' · ');
}
