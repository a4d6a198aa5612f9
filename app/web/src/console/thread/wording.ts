/** System and notice lines put into words from their `data`. */
import type { IconName } from '../../kit/icons/names';
import type { Entry } from '../../kit/thread';
import { waiting } from '../times';
import { t } from '../words';

/** One sentence for an event entry; `contactId` tells the customer from a colleague. */
export function eventText(entry: Entry, contactId: string): string {
  const { events } = t();
  const data = entry.data ?? {};
  const actor = data.agent || entry.sender.name || events.somebody;
  switch (data.event) {
    case 'joined':
      return events.joined(actor, waited(data.waited_ms));
    case 'transferred':
      if (data.to) return events.toAgent(actor, data.to);
      return data.team ? events.toTeam(actor, data.team) : events.toQueue(actor);
    case 'resolved':
      return events.resolved(actor);
    case 'reopened':
      return entry.sender.id === contactId ? events.reopenedByCustomer : events.reopened(actor);
    case 'left_message':
      return events.leftMessage(data.number ?? '');
    case 'ticket_created':
      return events.madeTicket(actor, data.number ?? '');
    case 'rated':
      return events.rated(Number(data.score), data.text ?? '');
    default:
      return events.other(data.event ?? entry.kind);
  }
}

/** How long the customer had waited, where it is worth a word. */
function waited(milliseconds: string | undefined): string {
  const time = Number(milliseconds ?? 0);
  return time >= 1_000 ? waiting(time) : '';
}

const PICTURES: Readonly<Record<string, IconName>> = { joined: 'user', resolved: 'check', reopened: 'refresh', left_message: 'mail', ticket_created: 'ticket', rated: 'star' };

/** The picture before it. */
export function eventIcon(entry: Entry): IconName {
  return PICTURES[entry.data?.event ?? ''] ?? 'swap';
}
