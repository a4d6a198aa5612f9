import { type MutableRef, useEffect, useRef } from 'preact/hooks';

/**
 * Where what had the focus is taken off the page, the box around it gets it, so that keyboard and screen reader go on
 * from there and not from the page's beginning. The box needs `tabIndex={-1}`; `step` is what changes.
 */
export function useKeptFocus(step: string | number): MutableRef<HTMLDivElement | null> {
  const box = useRef<HTMLDivElement>(null);
  const first = useRef(true);
  useEffect(() => {
    if (!first.current && document.activeElement === document.body) box.current?.focus();
    first.current = false;
  }, [step]);
  return box;
}
