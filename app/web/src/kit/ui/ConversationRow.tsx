import type { ComponentChildren } from 'preact';
import { Avatar } from './Avatar';
import { Count } from './Badge';
import { Dots } from './Bubble';
import { Icon } from './Icon';
import { Source } from './Source';
import './ConversationRow.css';

export interface ConversationRowProps {
  id: string;
  face: string;
  /** Shown; a customer without a name has a number. */
  name: string;
  /** For the face; empty without a name. */
  initialsOf: string;
  /** Last words, or the visitor's unsent ones while `writing`. */
  words: string;
  mark?: 'sent' | 'read' | 'bot' | 'note' | undefined;
  markLabel?: string | undefined;
  writing?: boolean;
  /** The inbox, where there are several. */
  source?: { id: string; name: string } | undefined;
  online?: boolean;
  onlineLabel?: string;
  unread: number;
  unreadLabel?: string;
  /** The wait ring, or a time. */
  when: ComponentChildren;
  /** Of what is more than ordinary: how much, by colour, and in a word. */
  urgency?: { tone: 'warn' | 'danger'; label: string } | undefined;
  assignee?: { id: string; name: string } | undefined;
  selected: boolean;
  /** Where the arrow keys stand. */
  active?: boolean;
  place?: number;
  total?: number;
  /** Chosen together with others, and whether any is. */
  picked?: boolean;
  picking?: boolean;
  onChoose: (event: MouseEvent) => void;
}

/** A conversation in the list, 60 high. The mark left of the last words says who spoke. */
export function ConversationRow(props: ConversationRowProps) {
  const { id, name, unread, selected, writing, mark, assignee } = props;
  return (
    <div
      id={`row-${id}`}
      role="option"
      aria-selected={props.picking ? props.picked === true : selected}
      aria-posinset={props.place}
      aria-setsize={props.total}
      class={['conv', selected ? 'on' : '', props.active ? 'active' : '', props.picked ? 'picked' : '', unread > 0 ? 'unread' : '']
        .filter(Boolean)
        .join(' ')}
      onClick={props.onChoose}
    >
      <span class="conv-face">
        <Avatar id={props.face} name={props.initialsOf} size="row" presence={props.online ? 'online' : undefined} />
        {props.source && <Source {...props.source} />}
      </span>
      <div class="conv-lines">
        <div class="conv-top">
          <span class="conv-name cut grow">{name}</span>
          {props.online && <span class="sr">{props.onlineLabel}</span>}
          {props.urgency && (
            <span class={`conv-urgency ${props.urgency.tone}`} title={props.urgency.label}>
              <Icon name="flag" size="s" label={props.urgency.label} />
            </span>
          )}
          {props.when}
        </div>
        <div class="conv-words">
          {writing ? (
            <span class="tone-accent">
              <Dots />
            </span>
          ) : (
            mark && <Mark mark={mark} label={props.markLabel} />
          )}
          <span class={writing ? 'cut grow tone-accent' : 'cut grow'}>{props.words}</span>
          {unread > 0 ? (
            <Count value={unread} unread {...(props.unreadLabel ? { label: props.unreadLabel } : {})} />
          ) : (
            assignee && (
              <span title={assignee.name}>
                <Avatar id={assignee.id} name={assignee.name} size="xs" />
                <span class="sr">{assignee.name}</span>
              </span>
            )
          )}
        </div>
      </div>
    </div>
  );
}

function Mark({ mark, label = '' }: { mark: 'sent' | 'read' | 'bot' | 'note'; label?: string | undefined }) {
  if (mark === 'bot') return <Icon name="bot" size="s" tone="bot" label={label} />;
  if (mark === 'note') return <Icon name="lock" size="s" label={label} />;
  return mark === 'read' ? (
    <Icon name="checks" size="s" tone="accent" label={label} />
  ) : (
    <Icon name="check" size="s" label={label} />
  );
}
