import type { ComponentChildren } from 'preact';
import './Card.css';

/** A card; only on sunken ground, never inside another. */
export function Card({
  title,
  note,
  action,
  children,
}: {
  title?: string;
  note?: ComponentChildren;
  action?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="card">
      {title && (
        <header class="card-head">
          <h2>{title}</h2>
          {note && <span class="small t3">{note}</span>}
          {action && <span class="end">{action}</span>}
        </header>
      )}
      {children}
    </section>
  );
}
