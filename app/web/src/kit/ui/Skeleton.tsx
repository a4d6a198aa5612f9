import { useEffect, useState } from 'preact/hooks';
import './Skeleton.css';

const PATIENCE_MS = 200;

/** Bars in the shape of what is coming, shown only after 200 ms. */
export function Skeleton({ rows = 6, face = true, label }: { rows?: number; face?: boolean; label: string }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return null;
  return (
    <div class="sk-list" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <div class="sk-row" key={index} aria-hidden="true">
          {face && <span class="sk face" />}
          <span class="sk-lines">
            <span class={index % 2 ? 'sk short' : 'sk middle'} />
            <span class={index % 3 ? 'sk long' : 'sk longer'} />
          </span>
        </div>
      ))}
    </div>
  );
}
