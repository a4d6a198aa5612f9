import type { ComponentChildren } from 'preact';
import './Badge.css';

/** One or two words on a soft ground. */
export function Badge({
  tone,
  children,
}: {
  tone?: 'ok' | 'warn' | 'danger' | 'info' | 'bot' | 'note' | 'accent' | 'line';
  children: ComponentChildren;
}) {
  return <span class={tone ? `badge ${tone}` : 'badge'}>{children}</span>;
}

/** A number in a circle; `unread` fills it. Over 99 it says so. */
export function Count({ value, unread = false, label }: { value: number; unread?: boolean; label?: string }) {
  return (
    <span class={unread ? 'count unread' : 'count'} aria-label={label}>
      {value > 99 ? '99+' : value}
    </span>
  );
}

/** A key cap. */
export function Key({ children }: { children: ComponentChildren }) {
  return <kbd>{children}</kbd>;
}
