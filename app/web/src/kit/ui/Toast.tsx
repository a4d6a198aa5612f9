import type { ComponentChildren } from 'preact';
import './Toast.css';

/** What just happened, bottom left, one at a time. Never for errors that need an answer. */
export function Toast({ children, action }: { children: ComponentChildren; action?: ComponentChildren }) {
  return (
    <div class="toast" role="status">
      <span>{children}</span>
      {action}
    </div>
  );
}
