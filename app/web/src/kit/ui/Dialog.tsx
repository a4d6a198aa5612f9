import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import './Dialog.css';

interface DialogProps {
  title: string;
  children: ComponentChildren;
  actions?: ComponentChildren;
  wide?: boolean;
  /** Without the title's line: the search palette. */
  bare?: boolean;
  onClose: () => void;
}

/** A modal dialog on the browser's own `<dialog>`: focus stays inside, Esc and a click beside it close it. */
export function Dialog({ title, children, actions, wide, bare, onClose }: DialogProps) {
  const id = useId();
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = box.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={box}
      class={['dialog', wide ? 'wide' : '', bare ? 'bare' : ''].filter(Boolean).join(' ')}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === event.currentTarget && onClose()}
    >
      <div class="dialog-body">
        <h3 id={id} class={bare ? 'sr' : undefined}>
          {title}
        </h3>
        {children}
        {actions && <div class="dialog-actions">{actions}</div>}
      </div>
    </dialog>
  );
}
