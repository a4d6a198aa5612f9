/** System and notice lines put into words from their `data`. */
import type { IconName } from '../../kit/icons/names';
import type { Entry } from '../../kit/thread';
import { t } from '../words';

/** One sentence for an event entry; `contactId` tells the customer from a colleague. */
export function eventText(entry: Entry, contactId: string): string {
  const { events } = t();
  const data = entry.data ?? {};
  const actor = data.agent || entry.sender.name || events.somebody;
  switch (data.event) {
    case 'joined':
      return events.joined(actor);
    case 'transferred':
      if (data.to) return events.toAgent(actor, data.to);
      return data.team ? events.toTeam(actor, data.team) : events.toQueue(actor);
    case 'resolved':
      return events.resolved(actor);
    case 'reopened':
      return entry.sender.id === contactId ? events.reopenedByCustomer : events.reopened(actor);
    default:
      return events.other(data.event ?? entry.kind);
  }
}

const PICTURES: Readonly<Record<string, IconName>> = { joined: 'user', resolved: 'check', reopened: 'refresh' };

/** The picture before it. */
export function eventIcon(entry: Entry): IconName {
  return PICTURES[entry.data?.event ?? ''] ?? 'swap';
}
