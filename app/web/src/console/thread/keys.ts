/** Walking a thread by keys: from message to message, and into what can be done with one. */

/** Arrows, Home and End move from message to message; Enter opens what can be done with it. */
export function walk(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const target = event.target as HTMLElement;
  const box = event.currentTarget;
  if (event.defaultPrevented || target.closest('input, textarea, select, [role="menu"]')) return;
  const lines = [...box.querySelectorAll<HTMLElement>('[data-seq]')];
  const here = target.closest<HTMLElement>('[data-seq]');
  const next = goal(event.key, here ? lines.indexOf(here) : null, lines.length);
  if (next !== null) focus(lines[next]);
  else if (event.key === 'Enter' && here === target) here.querySelector<HTMLElement>('.menu-frame button')?.click();
  else return;
  event.preventDefault();
}

/** Which one comes next; from outside, an arrow up goes to the last one. Null: no key of ours. */
export function goal(key: string, from: number | null, count: number): number | null {
  const last = count - 1;
  if (count === 0) return null;
  switch (key) {
    case 'ArrowUp':
      return Math.max(0, (from ?? count) - 1);
    case 'ArrowDown':
      return from === null ? null : Math.min(last, from + 1);
    case 'Home':
      return from === null ? null : 0;
    case 'End':
      return from === null ? null : last;
    default:
      return null;
  }
}

function focus(line: HTMLElement | undefined): void {
  line?.focus({ preventScroll: true });
  line?.scrollIntoView({ block: 'nearest' });
}
