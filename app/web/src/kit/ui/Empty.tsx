import type { ComponentChildren } from 'preact';
import type { IconName } from '../icons/names';
import { Icon } from './Icon';
import { Phrases } from './Phrases';
import './Empty.css';

/** Nothing here: one thin picture, one sentence of fact, one of what happens next or one action. */
export function Empty({
  icon,
  title,
  children,
  action,
}: {
  icon: IconName;
  title: string;
  children?: ComponentChildren;
  action?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children && <p>{typeof children === 'string' ? <Phrases>{children}</Phrases> : children}</p>}
      {action}
    </div>
  );
}

/** What could not be fetched, in its own place: reason and retry; the rest of the page lives on. */
export function Failure({ title, reason, retry }: { title: string; reason: string; retry?: ComponentChildren }) {
  return (
    <div class="failure" role="alert">
      <Icon name="stop" tone="danger" />
      <div class="grow">
        <div class="mid">{title}</div>
        <div class="small t3">{reason}</div>
      </div>
      {retry}
    </div>
  );
}
