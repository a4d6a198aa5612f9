import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { IconName } from '../icons/names';
import { Button, type ButtonProps } from './Button';
import { Icon } from './Icon';
import './Menu.css';

export interface MenuItem {
  key: string;
  label: string;
  icon?: IconName | undefined;
  keys?: string;
  harm?: boolean;
  checked?: boolean | undefined;
  onChoose: () => void;
}

interface MenuProps extends Omit<ButtonProps, 'onPress' | 'expanded' | 'controls'> {
  items: readonly (MenuItem | 'line')[];
  caption?: string;
  side?: 'start' | 'end';
}

/** A button that opens a menu: arrows move, Enter chooses, Esc and a click elsewhere close it. */
export function MenuButton({ items, caption, side = 'end', ...button }: MenuProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const frame = useRef<HTMLSpanElement>(null);
  const close = (): void => {
    setOpen(false);
    frame.current?.querySelector('button')?.focus();
  };
  useEffect(() => {
    if (!open) return;
    frame.current?.querySelector<HTMLElement>('[role^="menuitem"]')?.focus();
    const outside = (event: Event): void => {
      if (!frame.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);
  return (
    <span class="menu-frame" ref={frame} onKeyDown={(event) => open && steer(event, close)}>
      <Button {...button} expanded={open} controls={id} onPress={() => setOpen(!open)} />
      {open && (
        <div class={`menu ${side}`} id={id} role="menu" aria-label={button.label ?? caption}>
          {caption && <MenuCaption>{caption}</MenuCaption>}
          {items.map((item, index) =>
            item === 'line' ? <hr key={`line-${index}`} /> : <MenuRow key={item.key} item={item} close={close} />,
          )}
        </div>
      )}
    </span>
  );
}

function MenuRow({ item, close }: { item: MenuItem; close: () => void }) {
  const choose = (): void => {
    close();
    item.onChoose();
  };
  return (
    <button
      type="button"
      role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
      aria-checked={item.checked}
      tabIndex={-1}
      class={item.harm ? 'item harm' : 'item'}
      onClick={choose}
    >
      {item.icon && <Icon name={item.icon} />}
      <span class="grow">{item.label}</span>
      {item.checked && <Icon name="check" />}
      {item.keys && <kbd>{item.keys}</kbd>}
    </button>
  );
}

/** A heading inside a menu or a list of results. */
export function MenuCaption({ children }: { children: ComponentChildren }) {
  return <div class="menu-caption">{children}</div>;
}

function steer(event: KeyboardEvent & { currentTarget: HTMLElement }, close: () => void): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role^="menuitem"]')];
  const index = items.indexOf(document.activeElement as HTMLElement);
  const steps: Record<string, number> = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: items.length - 1 };
  if (event.key === 'Escape' || event.key === 'Tab') close();
  const next = steps[event.key];
  if (event.key === 'Escape' || next !== undefined) {
    event.preventDefault();
    event.stopPropagation();
  }
  if (next !== undefined) items[(next + items.length) % items.length]?.focus();
}
