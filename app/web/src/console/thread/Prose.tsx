import type { ComponentChildren } from 'preact';
import { pieces } from '../../kit/links';
import { type Span, markdown } from '../../kit/markdown';
import { cut } from './marks';

interface Marks {
  /** Words to be marked. */
  query: string;
  /** Colleagues whose names stand out behind an @. */
  named: readonly string[];
}

interface ProseProps extends Partial<Marks> {
  text: string;
  /** Our own people's words, with the small Markdown that they may use. */
  rich?: boolean;
}

/** Text with its addresses as links; everything is a node, nothing is markup. */
export function Prose({ text, rich = false, query = '', named = [] }: ProseProps) {
  const marks = { query, named };
  if (!rich) return <Plain text={text} {...marks} />;
  return (
    <>
      {markdown(text).map((block, index) => {
        if (block.kind === 'text') return <Spans key={index} spans={block.spans} {...marks} />;
        if (block.kind === 'code') {
          return (
            <pre key={index}>
              <code>{block.text}</code>
            </pre>
          );
        }
        const items = block.items.map((spans, place) => (
          <li key={place}>
            <Spans spans={spans} {...marks} />
          </li>
        ));
        return block.ordered ? (
          <ol key={index} start={block.first}>
            {items}
          </ol>
        ) : (
          <ul key={index}>{items}</ul>
        );
      })}
    </>
  );
}

function Plain({ text, ...marks }: Marks & { text: string }) {
  return (
    <>
      {pieces(text).map(({ text: part, href }, index) =>
        href === null ? (
          <Marked key={index} text={part} {...marks} />
        ) : (
          <Address key={index} href={href}>
            <Marked text={part} {...marks} />
          </Address>
        ),
      )}
    </>
  );
}

function Spans({ spans, ...marks }: Marks & { spans: readonly Span[] }) {
  return (
    <>
      {spans.map((span, index) => {
        if (typeof span === 'string') return <Marked key={index} text={span} {...marks} />;
        if (span.kind === 'code') return <code key={index}>{span.text}</code>;
        const inner = <Spans spans={span.spans} {...marks} />;
        if (span.kind === 'link') {
          return (
            <Address key={index} href={span.href}>
              {inner}
            </Address>
          );
        }
        return span.kind === 'strong' ? <strong key={index}>{inner}</strong> : <em key={index}>{inner}</em>;
      })}
    </>
  );
}

/** Leads out of the page, without saying where from. */
function Address({ href, children }: { href: string; children: ComponentChildren }) {
  return (
    <a href={href} title={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

/** Words with what is searched for and who is named standing out. */
export function Marked({ text, query, named }: Marks & { text: string }) {
  return (
    <>
      {cut(text, query, named).map(({ text: part, as }, index) => {
        if (as === 'match') return <mark key={index}>{part}</mark>;
        return as === 'name' ? (
          <b key={index} class="at">
            {part}
          </b>
        ) : (
          part
        );
      })}
    </>
  );
}
