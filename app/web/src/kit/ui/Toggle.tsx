import type { ComponentChildren } from 'preact';
import './Toggle.css';

interface ToggleProps {
  on: boolean;
  onChange: (on: boolean) => void;
  disabled?: boolean;
  children: ComponentChildren;
}

/** A switch: takes effect with its form, or at once where it stands alone. */
export function Switch({ on, onChange, disabled, children }: ToggleProps) {
  return (
    <label class="toggle">
      <input
        type="checkbox"
        role="switch"
        class="switch"
        checked={on}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>{children}</span>
    </label>
  );
}

/** A box to tick. */
export function Checkbox({ on, onChange, disabled, children }: ToggleProps) {
  return (
    <label class="toggle">
      <input
        type="checkbox"
        class="box"
        checked={on}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>{children}</span>
    </label>
  );
}
