import type { ComponentChildren } from 'preact';
import './MessageCard.css';

export interface MessageCardProps {
  title: string;
  lines: readonly string[];
  picture?: ComponentChildren;
  /** Buttons and links, or for who may not press them plain words. */
  actions?: ComponentChildren;
}

/** A thing that is talked about, in a thread: a picture, a title, lines, and what can be done with it. */
export function MessageCard({ title, lines, picture, actions }: MessageCardProps) {
  return (
    <section class="pcard" aria-label={title}>
      <div class="row">
        {picture !== undefined && <span class="th">{picture}</span>}
        <div class="grow">
          <div class="mid">{title}</div>
          {lines.map((line, index) => (
            <div key={index} class="small t3 num">
              {line}
            </div>
          ))}
        </div>
      </div>
      {actions && <div class="acts">{actions}</div>}
    </section>
  );
}

/** Answers that need no typing, under the message that offers them. */
export function QuickReplies({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="quick" role="group" aria-label={label}>
      {children}
    </div>
  );
}
