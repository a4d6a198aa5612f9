import { dayLabel } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { DayLine, EventLine } from '../../kit/ui/Bubble';
import type { Desk } from '../state/desk';
import { shortTime } from '../times';
import { t } from '../words';
import { Group, type ThreadFacts } from './Group';
import { NoteLine } from './NoteLine';
import type { Line } from './lines';
import { eventIcon, eventText } from './wording';

interface LineViewProps {
  line: Line;
  desk: Desk;
  conv: string;
  facts: ThreadFacts;
  /** The number that was jumped to, where it is in this line. */
  found: number | null;
  /** Whether the visitor has read its last message. */
  read: boolean;
  ghost: string | null;
}

/** A day, where the new begins, an event, a note, or what one speaker said. */
export function LineView({ line, desk, conv, facts, found, read, ghost }: LineViewProps) {
  switch (line.kind) {
    case 'day':
      return <DayLine>{dayLabel(line.at, desk.now.value, language.value)}</DayLine>;
    case 'new':
      return (
        <div data-new>
          <DayLine fresh>{t().newMessages(line.count)}</DayLine>
        </div>
      );
    case 'event':
      return (
        <div data-seq={line.entry.seq} tabIndex={-1}>
          <EventLine icon={eventIcon(line.entry)}>
            {eventText(line.entry, facts.contactId)} ·{' '}
            <span class="num">{shortTime(line.entry.at, line.entry.at)}</span>
          </EventLine>
        </div>
      );
    case 'note':
      return <NoteLine desk={desk} conv={conv} entry={line.entry} query={facts.query} found={found !== null} />;
    case 'said':
      return (
        <Group desk={desk} conv={conv} facts={facts} entries={line.entries} found={found} read={read} ghost={ghost} />
      );
  }
}
