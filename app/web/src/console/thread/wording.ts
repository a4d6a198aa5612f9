/** System and notice lines put into words from their `data`. */
import type { IconName } from '../../kit/icons/names';
import type { Entry } from '../../kit/thread';
import { t } from '../words';

/** One sentence for an event entry. */
export function eventText(entry: Entry): string {
  const { events } = t();
  const data = entry.data ?? {};
  const actor = entry.sender.name || events.somebody;
  const agent = data.agent ?? '';
  switch (data.event) {
    case 'joined':
      return events.joined(agent || actor);
    case 'taken':
      return events.taken(agent || actor);
    case 'assigned':
    case 'transferred':
      if (agent) return agent === entry.sender.name ? events.taken(agent) : events.assigned(actor, agent);
      return data.team ? events.toTeam(actor, data.team) : events.unassigned(actor);
    case 'queued':
    case 'unassigned':
      return data.team ? events.toTeam(actor, data.team) : events.unassigned(actor);
    case 'resolved':
      return events.resolved(agent || actor);
    case 'reopened':
      return agent || entry.sender.name ? events.reopened(agent || actor) : events.reopenedByVisitor;
    case 'created':
      return events.created;
    case 'closed':
      return events.closed;
    default:
      return events.other(data.event ?? entry.kind);
  }
}

/** The picture before it. */
export function eventIcon(entry: Entry): IconName {
  const pictures: Record<string, IconName> = {
    joined: 'user',
    taken: 'user',
    resolved: 'check',
    reopened: 'refresh',
    created: 'chat',
    closed: 'lock',
  };
  return pictures[entry.data?.event ?? ''] ?? 'swap';
}
