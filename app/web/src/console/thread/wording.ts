/** System and notice lines put into words from their `data`. */
import { language } from '../../kit/i18n';
import type { IconName } from '../../kit/icons/names';
import type { Entry } from '../../kit/thread';
import { waiting } from '../times';
import { routingText } from '../routing/wording';
import { sourceName } from '../speakers';
import { toolText } from '../tools/wording';
import { t } from '../words';
import { t as mail, whyNot } from './mailWords';

/** One sentence for an event entry; `contactId` tells the customer from a colleague. */
export function eventText(entry: Entry, contactId: string): string {
  const { events } = t();
  const data = entry.data ?? {};
  const actor = data.agent || entry.sender.name || sourceName(entry.sender.id) || events.somebody;
  const routed = routingText(data);
  if (routed !== null) return routed;
  switch (data.event) {
    case 'joined':
      return events.joined(actor, waited(data.waited_ms));
    case 'transferred':
      if (data.to) return events.toAgent(actor, data.to);
      return data.team ? events.toTeam(actor, data.team) : events.toQueue(actor);
    case 'resolved':
      if (data.merged_into) return toolText(data, actor, false);
      return data.rate_from ? events.resolvedAsked(actor) : events.resolved(actor);
    case 'reopened':
      return entry.sender.id === contactId ? events.reopenedByCustomer : events.reopened(actor);
    case 'left_message':
      return events.leftMessage(data.number ?? '');
    case 'ticket_created':
      return events.madeTicket(actor, data.number ?? '');
    case 'transcript_mailed':
      return events.transcriptMailed(data.address ?? '');
    case 'long_wait':
      return events.longWait(Number(data.minutes));
    case 'rated':
      return events.rated(Number(data.score), data.text ?? '');
    case 'tags_changed':
    case 'attributes_changed':
    case 'priority_changed':
    case 'snoozed':
    case 'woken':
    case 'took_in':
    case 'gave_back':
    case 'linked':
    case 'unlinked':
    case 'not_sent':
      return toolText(data, actor, entry.sender.id === contactId);
    case 'channel_failed':
      return mail().lost(actor, data[language.value] ?? data.en ?? '');
    case 'mail_failed':
      return mail().failed(data.address ?? '', whyNot(data.reason ?? ''));
    default:
      return events.other(data.event ?? entry.kind);
  }
}

/** How long the customer had waited, where it is worth a word. */
function waited(milliseconds: string | undefined): string {
  const time = Number(milliseconds ?? 0);
  return time >= 1_000 ? waiting(time) : '';
}

const PICTURES: Readonly<Record<string, IconName>> = { joined: 'user', resolved: 'check', reopened: 'refresh', left_message: 'mail', ticket_created: 'ticket', rated: 'star', mail_failed: 'warn', channel_failed: 'warn', tags_changed: 'tag', attributes_changed: 'pen', priority_changed: 'flag', snoozed: 'moon', woken: 'sun', took_in: 'merge', gave_back: 'back', linked: 'link', unlinked: 'link', not_sent: 'warn', long_wait: 'clock', transcript_mailed: 'mail' };

/** The picture before it. */
export function eventIcon(entry: Entry): IconName {
  return PICTURES[entry.data?.event ?? ''] ?? 'swap';
}
