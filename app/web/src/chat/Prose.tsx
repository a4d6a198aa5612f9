import type { ComponentChildren } from 'preact';
import { pieces } from '../kit/links';
import { type Span, markdown } from '../kit/markdown';

/** A visitor's words: as he wrote them, with addresses as links. */
export function Plain({ text }: { text: string }): ComponentChildren {
  return pieces(text).map(({ text: part, href }) => (href === null ? part : <Address href={href}>{part}</Address>));
}

/** Our own people's words, with the small Markdown that they may use. */
export function Prose({ text }: { text: string }): ComponentChildren {
  return markdown(text).map((block) => {
    if (block.kind === 'text') return <Spans spans={block.spans} />;
    if (block.kind === 'code') return <pre><code>{block.text}</code></pre>;
    const items = block.items.map((spans, index) => <li key={index}><Spans spans={spans} /></li>);
    return block.ordered ? <ol start={block.first}>{items}</ol> : <ul>{items}</ul>;
  });
}

function Spans({ spans }: { spans: readonly Span[] }): ComponentChildren {
  return spans.map((span) => {
    if (typeof span === 'string') return span;
    if (span.kind === 'code') return <code>{span.text}</code>;
    if (span.kind === 'link') return <Address href={span.href}><Spans spans={span.spans} /></Address>;
    return span.kind === 'strong' ? <strong><Spans spans={span.spans} /></strong> : <em><Spans spans={span.spans} /></em>;
  });
}

/** Leads out of the page, without saying where from; what is shown may be other words, so the title says where to. */
export function Address({ href, class: name, children }: { href: string; class?: string; children: ComponentChildren }) {
  return (
    <a href={href} class={name} title={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}
