import './Progress.css';

/** How much of a whole is done, from 0 to 1. */
export function Progress({ done, label }: { done: number; label: string }) {
  const share = Math.round(Math.min(1, Math.max(0, done)) * 100);
  return (
    <span class="bar" role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={share}>
      <i style={{ '--v': share }} />
    </span>
  );
}
