import './Dot.css';

/** A state as a dot; always beside a word or with a label. */
export function Dot({ state, label }: { state: 'online' | 'away' | 'offline' | 'broken'; label?: string }) {
  return <span class={`dot ${state}`} role={label ? 'img' : undefined} aria-label={label} title={label} />;
}
