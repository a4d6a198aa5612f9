import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../../kit/ui/Icon';
import type { Desk } from '../state/desk';
import { t } from '../thread/mailWords';

interface Heading {
  readonly address: string;
  readonly to: string;
  readonly copies: readonly string[];
  readonly subject: string;
}

/** In a conversation by mail: whom the answer goes to, and under which subject. */
export function MailTo({ desk, conv }: { desk: Desk; conv: string }) {
  const w = t();
  const head = desk.lists.heads.value.get(conv)?.conversation;
  const inbox = head ? desk.people.inboxes.value.get(head.inbox_id) : undefined;
  const byMail = inbox?.kind === 'email';
  const [heading, setHeading] = useState<Heading | null>(null);
  const heard = head?.staff_seq ?? 0;
  useEffect(() => {
    if (!byMail) return setHeading(null);
    let current = true;
    desk.api.get<{ heading: Heading | null }>(`api/v1/conversations/${conv}/mail`).then(
      ({ heading: found }) => current && setHeading(found),
      () => undefined, // it is told by the thread; without it the answer goes where it should all the same
    );
    return () => {
      current = false;
    };
  }, [conv, byMail, heard]);
  if (!byMail || heading === null) return null;
  if (heading.to === '')
    return (
      <div class="strip" role="status">
        <Icon name="warn" size="s" />
        {w.nobody}
      </div>
    );
  return (
    <div class="strip mail-to">
      <Icon name="mail" size="s" />
      <span class="cut">
        {[w.answerTo(heading.to), heading.copies.length > 0 && w.copies(heading.copies.join(', ')), heading.subject]
          .filter(Boolean)
          .join(' · ')}
      </span>
    </div>
  );
}
