import type { ComponentChildren } from 'preact';
import type { IconName } from '../icons/names';
import { Avatar } from './Avatar';
import { Icon } from './Icon';
import './Bubble.css';

export interface SayProps {
  side: 'them' | 'us';
  voice?: 'person' | 'bot';
  id: string;
  name: string;
  /** For the face, where it is not the name shown. */
  initialsOf?: string;
  /** Stands above the group, beside the name. */
  at?: ComponentChildren;
  /** Below the group: who, when, delivery state. */
  foot?: ComponentChildren;
  children: ComponentChildren;
}

/** Bubbles of one speaker within three minutes: name and time once above, face once at the bottom. */
export function Say({ side, voice = 'person', id, name, initialsOf = name, at, foot, children }: SayProps) {
  const names = ['say', side === 'us' ? 'me' : '', voice === 'bot' ? 'isbot' : ''].filter(Boolean).join(' ');
  return (
    <div class={names}>
      {at && (
        <div class="who">
          <b>{name}</b>
          <span class="num">{at}</span>
        </div>
      )}
      <Avatar id={id} name={initialsOf} kind={voice} />
      <div class="stackb">{children}</div>
      {foot && <div class="foot">{foot}</div>}
    </div>
  );
}

/** Somebody's words. */
export function Bubble({
  state,
  children,
}: {
  state?: 'pending' | 'failed' | 'deleted' | undefined;
  children: ComponentChildren;
}) {
  return <div class={state ? `bub ${state}` : 'bub'}>{children}</div>;
}

/** A private note, on amber paper between the faces. */
export function Memo({
  who,
  at,
  state,
  found,
  label,
  children,
}: {
  /** Where it stands for itself: what a screen reader is told of it. */
  label?: string;
  who: ComponentChildren;
  at: ComponentChildren;
  state?: 'pending' | 'failed' | undefined;
  found?: boolean;
  children: ComponentChildren;
}) {
  return (
    <div
      class={['memo', state ?? '', found ? 'found' : ''].filter(Boolean).join(' ')}
      role={label === undefined ? undefined : 'article'}
      aria-label={label}
    >
      <div class="who">
        <Icon name="lock" size="s" />
        {who}
        {at}
      </div>
      {children}
    </div>
  );
}

/** A customer's unsent words, where the bubble will land. */
export function Ghost({ text, remark }: { text: string; remark: string }) {
  return (
    <div class="row wrap">
      <div class="ghost-bub">
        {text || <Dots />}
        <span class="caret" aria-hidden="true" />
      </div>
      <span class="small t3 row row-s">
        <Icon name="eye" size="s" />
        {remark}
      </span>
    </div>
  );
}

/** Somebody writes. */
export function Dots() {
  return (
    <span class="dots" aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
  );
}

/** One centred grey line: what happened and why. */
export function EventLine({ icon, children }: { icon?: IconName; children: ComponentChildren }) {
  return (
    <div class="event">
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </div>
  );
}

/** A line across the thread: a day, or where the new begins. */
export function DayLine({ fresh, children }: { fresh?: boolean; children: ComponentChildren }) {
  return (
    <div class={fresh ? 'day new' : 'day'} role="separator">
      {children}
    </div>
  );
}
