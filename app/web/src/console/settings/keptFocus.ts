import { type MutableRef, useEffect, useRef } from 'preact/hooks';

/**
 * Where what had the focus is taken off the page, the box around it gets it, so that keyboard and screen reader go on
 * from there and not from the page's beginning. The box needs `tabIndex={-1}`; `step` is what changes.
 */
export function useKeptFocus(step: string | number): MutableRef<HTMLDivElement | null> {
  const box = useRef<HTMLDivElement>(null);
  const had = useRef(false); // the box, not another part of the page: only what it lost is given back to it
  useEffect(() => {
    const note = ({ target }: FocusEvent): void => {
      had.current = box.current?.contains(target as Node) ?? false;
    };
    document.addEventListener('focusin', note);
    return () => document.removeEventListener('focusin', note);
  }, []);
  useEffect(() => {
    if (had.current && document.activeElement === document.body) box.current?.focus();
  }, [step]);
  return box;
}
