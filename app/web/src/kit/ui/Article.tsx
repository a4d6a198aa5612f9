import type { ComponentChildren } from 'preact';
import { type ArticleBlock, type ArticleSpan, isNeighbour } from '../articles';
import './Article.css';

interface ArticleProps {
  blocks: readonly ArticleBlock[];
  /** Follows a link to another article; without it such a link is words. */
  onOpen?: (slug: string) => void;
}

/** An article's text, drawn from its tree: no markup is ever read here. */
export function Article({ blocks, onOpen }: ArticleProps) {
  return <div class="article"><Blocks blocks={blocks} onOpen={onOpen} /></div>;
}

type Open = ArticleProps['onOpen'] | undefined;

function Blocks({ blocks, onOpen }: { blocks: readonly ArticleBlock[]; onOpen: Open }) {
  return <>{blocks.map((block, index) => <Part key={index} block={block} onOpen={onOpen} />)}</>;
}

function Part({ block, onOpen }: { block: ArticleBlock; onOpen: Open }) {
  switch (block.kind) {
    case 'text': return <p><Spans spans={block.spans} onOpen={onOpen} /></p>;
    case 'heading': return <Heading level={block.level}><Spans spans={block.spans} onOpen={onOpen} /></Heading>;
    case 'quote': return <blockquote><Blocks blocks={block.blocks} onOpen={onOpen} /></blockquote>;
    case 'pre': return <pre tabIndex={0}><code>{block.text}</code></pre>;
    case 'rule': return <hr />;
    case 'list': {
      const items = block.items.map((item, index) => <li key={index}><Item item={item} onOpen={onOpen} /></li>);
      return block.ordered ? <ol start={block.first}>{items}</ol> : <ul>{items}</ul>;
    }
    case 'table':
      return (
        <div class="article-wide" tabIndex={0}>
          <table>
            <thead><tr>{block.head.map((cell, index) => <th key={index} scope="col"><Spans spans={cell} onOpen={onOpen} /></th>)}</tr></thead>
            <tbody>
              {block.rows.map((row, at) => (
                <tr key={at}>{row.map((cell, index) => <td key={index}><Spans spans={cell} onOpen={onOpen} /></td>)}</tr>
              ))}
            </tbody>
          </table>
        </div>
      );
  }
}

/** The screen has a heading of its own, so those of the text begin below it. */
function Heading({ level, children }: { level: number; children: ComponentChildren }) {
  if (level === 2) return <h2>{children}</h2>;
  return level === 3 ? <h3>{children}</h3> : <h4>{children}</h4>;
}

/** The first paragraph of an item is the item itself. */
function Item({ item, onOpen }: { item: readonly ArticleBlock[]; onOpen: Open }) {
  const [first, ...rest] = item;
  if (first?.kind !== 'text') return <Blocks blocks={item} onOpen={onOpen} />;
  return <><Spans spans={first.spans} onOpen={onOpen} /><Blocks blocks={rest} onOpen={onOpen} /></>;
}

function Spans({ spans, onOpen }: { spans: readonly ArticleSpan[]; onOpen: Open }): ComponentChildren {
  return spans.map((span, index) => {
    if (typeof span === 'string') return span;
    if (span.kind === 'break') return <br key={index} />;
    if (span.kind === 'code') return <code key={index}>{span.text}</code>;
    const inner = <Spans spans={span.spans} onOpen={onOpen} />;
    if (span.kind === 'strong') return <strong key={index}>{inner}</strong>;
    if (span.kind === 'em') return <em key={index}>{inner}</em>;
    if (isNeighbour(span.href)) {
      const [slug = ''] = span.href.split('#');
      return onOpen === undefined ? inner : <button key={index} type="button" class="article-link" onClick={() => onOpen(slug)}>{inner}</button>;
    }
    return <a key={index} href={span.href} title={span.href} target="_blank" rel="noopener noreferrer nofollow">{inner}</a>;
  });
}
