/** Keeps Tab within the element that listens: `inert` and `<dialog>` are not in the visitors' oldest browsers. */
export function kept(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  if (event.key !== 'Tab') return;
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>('button:not([tabindex="-1"]), a[href], input, textarea')];
  const first = stops[0];
  const last = stops[stops.length - 1];
  if (document.activeElement !== (event.shiftKey ? first : last)) return;
  event.preventDefault();
  (event.shiftKey ? last : first)?.focus();
}
