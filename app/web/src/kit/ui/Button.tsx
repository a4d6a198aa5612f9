import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';
import type { IconName } from '../icons/names';
import { Icon } from './Icon';
import './Button.css';

export interface ButtonProps {
  children?: ComponentChildren;
  kind?: 'plain' | 'prime' | 'ghost' | 'harm' | 'harm-prime' | 'note';
  size?: 's' | 'm' | 'l';
  icon?: IconName | undefined;
  /** What an icon alone means: read aloud and shown as a tooltip. */
  label?: string | undefined;
  keys?: string | undefined;
  busy?: boolean | undefined;
  disabled?: boolean | undefined;
  /** Why it cannot be pressed now: a tooltip, and text below it where there is no pointer to hover with. */
  reason?: string | undefined;
  type?: 'button' | 'submit';
  pressed?: boolean | undefined;
  expanded?: boolean | undefined;
  controls?: string | undefined;
  title?: string | undefined;
  class?: string | undefined;
  onPress?: ((event: JSX.TargetedMouseEvent<HTMLButtonElement>) => void) | undefined;
}

/** A button: 32 high, 28 in toolbars (`s`), 40 in set-up (`l`). */
export function Button(props: ButtonProps) {
  const id = useId();
  const why = props.disabled ? props.reason : undefined;
  // Framed whether or not there is a reason now, so that the button stays the same element when one comes.
  if (!('reason' in props)) return <Bare {...props} />;
  return (
    <span class="btn-frame">
      <Bare {...props} describedBy={why && id} />
      {why && (
        <span class="btn-why" id={id}>
          {why}
        </span>
      )}
    </span>
  );
}

function Bare(props: ButtonProps & { describedBy?: string | undefined }) {
  const { children, icon, label, keys, busy, disabled, reason, pressed, expanded } = props;
  const alone = icon !== undefined && children === undefined;
  const title = props.title ?? reason ?? (label && (keys ? `${label} (${keys})` : alone ? label : undefined));
  return (
    <button
      type={props.type ?? 'button'}
      class={classes(props, alone)}
      aria-label={label}
      title={title || undefined}
      aria-pressed={pressed}
      aria-expanded={expanded}
      aria-haspopup={expanded === undefined ? undefined : 'true'}
      aria-controls={props.controls}
      aria-describedby={props.describedBy}
      aria-busy={busy || undefined}
      disabled={disabled}
      onClick={(event) => !busy && props.onPress?.(event)}
    >
      {busy ? (
        <span class="spin" aria-hidden="true" />
      ) : (
        icon && <Icon name={icon} size={props.size === 's' && !alone ? 's' : 'm'} />
      )}
      {children}
    </button>
  );
}

function classes({ kind = 'plain', size = 'm', class: extra }: ButtonProps, alone: boolean): string {
  const kinds = { plain: '', prime: 'prime', ghost: 'ghost', harm: 'harm', 'harm-prime': 'harm prime', note: 'note' };
  return ['btn', kinds[kind], size === 'm' ? '' : size, alone ? 'icon' : '', extra ?? ''].filter(Boolean).join(' ');
}
