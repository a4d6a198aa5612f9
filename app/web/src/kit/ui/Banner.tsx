import type { ComponentChildren } from 'preact';
import type { IconName } from '../icons/names';
import { Icon } from './Icon';
import './Banner.css';

interface BannerProps {
  tone?: 'info' | 'warn' | 'danger' | 'ok';
  icon: IconName;
  children: ComponentChildren;
  action?: ComponentChildren;
}

/** One line that says what stands in the way, with the way out at its end. */
export function Banner({ tone = 'info', icon, children, action }: BannerProps) {
  return (
    <div class={`banner ${tone}`} role={tone === 'danger' ? 'alert' : 'status'}>
      <Icon name={icon} />
      <span class="grow">{children}</span>
      {action}
    </div>
  );
}
