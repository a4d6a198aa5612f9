import sprite from '../icons/icons.svg';
import type { IconName } from '../icons/names';
import './Icon.css';

export interface IconProps {
  name: IconName;
  size?: 's' | 'm' | 'l';
  tone?: 'ok' | 'warn' | 'danger' | 'bot' | 'accent';
  /** Read aloud; without it the picture is decoration. */
  label?: string;
}

/** One picture of the sprite, coloured by the text around it. */
export function Icon({ name, size = 'm', tone, label }: IconProps) {
  const names = ['i', size === 'm' ? '' : `i-${size}`, tone ? `tone-${tone}` : ''].filter(Boolean).join(' ');
  const reading = label ? { role: 'img' as const, 'aria-label': label } : { 'aria-hidden': true as const };
  return (
    <svg class={names} {...reading}>
      <use href={`${sprite}#i-${name}`} />
    </svg>
  );
}
