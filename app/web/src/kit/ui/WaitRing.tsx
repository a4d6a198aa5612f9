import './WaitRing.css';

export interface WaitRingProps {
  /** How long it has lasted, in milliseconds. */
  waited: number;
  /** The promise, in milliseconds. */
  promise: number;
  /** The time as words, e.g. `0:41`. */
  text: string;
  label: string;
}

/** The wait ring: how much of the promised time is used. Grey to 70 %, amber to 100 %, cinnabar when broken. */
export function WaitRing({ waited, promise, text, label }: WaitRingProps) {
  const used = Math.min(100, Math.round((waited / promise) * 100));
  return (
    <span class={`wait ${stage(used)}`} style={{ '--v': used }} role="img" aria-label={label} title={label}>
      {text}
    </span>
  );
}

/** In which of the three colours a share of the promise (in per cent) stands. */
export function stage(used: number): '' | 'near' | 'late' {
  if (used >= 100) return 'late';
  return used >= 70 ? 'near' : '';
}
