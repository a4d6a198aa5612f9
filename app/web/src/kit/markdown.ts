/**
 * A small Markdown, for what our own people write: bold, italic, code, links, lists. Parsed to a tree, drawn as nodes;
 * whatever is not one of these stays as it was written. Each line is read once, so no text takes long.
 */
import { addressAt } from './links';

export type Span =
  | string
  | { kind: 'strong' | 'em'; spans: Span[] }
  | { kind: 'code'; text: string }
  | { kind: 'link'; href: string; spans: Span[] };

export type Block =
  | { kind: 'text'; spans: Span[] }
  | { kind: 'code'; text: string }
  | { kind: 'list'; ordered: boolean; first: number; items: Span[][] };

const FENCE = '```';
const ITEM = /^ {0,3}(?:[-*•]|(\d{1,3})[.)])[ \t]+(?=\S)/;
const LABELLED = /\[([^\]\n]{1,200})\]\((https?:\/\/[^\s()<>"]{1,2000})\)/y;
const MARKS = ['**', '*', '_'] as const;
const SPACE = /\s/;
const WORD = /[A-Za-z0-9_*/\\]/;
const DEPTH_MAX = 4;

export function markdown(text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  let plain: string[] = [];
  const flush = (): void => {
    if (plain.length > 0) blocks.push({ kind: 'text', spans: paragraph(plain) });
    plain = [];
  };
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? '';
    const end = line.startsWith(FENCE) ? lines.indexOf(FENCE, at + 1) : -1;
    const item = ITEM.exec(line);
    if (end > at) {
      flush();
      blocks.push({ kind: 'code', text: lines.slice(at + 1, end).join('\n') });
      at = end + 1;
    } else if (item !== null) {
      flush();
      at = list(lines, at, item[1], blocks);
    } else {
      plain.push(line);
      at += 1;
    }
  }
  flush();
  return blocks;
}

/** The items from here on that are of one kind; where the next line stands. */
function list(lines: readonly string[], from: number, number: string | undefined, blocks: Block[]): number {
  const items: Span[][] = [];
  let at = from;
  for (; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const item = ITEM.exec(line);
    if (item === null || (item[1] === undefined) !== (number === undefined)) break;
    items.push(spansOf(line.slice(item[0].length)));
  }
  blocks.push({ kind: 'list', ordered: number !== undefined, first: Number(number ?? 1), items });
  return at;
}

function paragraph(lines: readonly string[]): Span[] {
  return joined(lines.flatMap((line, index) => (index === 0 ? spansOf(line) : ['\n', ...spansOf(line)])));
}

/** What stands in one line. */
export function spansOf(line: string, depth = 0): Span[] {
  const spans: Span[] = [];
  const hopeless = new Set<string>();
  let from = 0;
  for (let at = 0; at < line.length; ) {
    const found = depth < DEPTH_MAX ? spanAt(line, at, depth, hopeless) : null;
    if (found === null) {
      at += 1;
      continue;
    }
    if (at > from) spans.push(line.slice(from, at));
    spans.push(found.span);
    from = at = found.end;
  }
  if (from < line.length) spans.push(line.slice(from));
  return joined(spans);
}

/** What begins at this place, and where it ends; `hopeless` remembers the marks that nothing closes any more. */
function spanAt(line: string, at: number, depth: number, hopeless: Set<string>): { span: Span; end: number } | null {
  const character = line[at] ?? '';
  if (character === '`') return codeAt(line, at, hopeless);
  if (character === '[' && line[at - 1] !== '!') return labelledAt(line, at, depth);
  if (character === 'h') {
    const href = addressAt(line, at);
    return href === null ? null : { span: { kind: 'link', href, spans: [href] }, end: at + href.length };
  }
  const mark = MARKS.find((one) => line.startsWith(one, at));
  if (mark === undefined || hopeless.has(mark) || !opens(line, at, mark)) return null;
  const end = closing(line, at + mark.length, mark);
  if (end === -1) {
    hopeless.add(mark);
    return null;
  }
  const spans = spansOf(line.slice(at + mark.length, end), depth + 1);
  return { span: { kind: mark === '**' ? 'strong' : 'em', spans }, end: end + mark.length };
}

function codeAt(line: string, at: number, hopeless: Set<string>): { span: Span; end: number } | null {
  const end = hopeless.has('`') ? -1 : line.indexOf('`', at + 1);
  if (end === -1) hopeless.add('`');
  return end <= at + 1 ? null : { span: { kind: 'code', text: line.slice(at + 1, end) }, end: end + 1 };
}

function labelledAt(line: string, at: number, depth: number): { span: Span; end: number } | null {
  LABELLED.lastIndex = at;
  const match = LABELLED.exec(line);
  if (match === null) return null;
  const [all, label = '', href = ''] = match;
  return { span: { kind: 'link', href, spans: withoutLinks(spansOf(label, depth + 1)) }, end: at + all.length };
}

/** A single mark is none inside a word or a path: `2*3*4`, `a_b_c`. Chinese has no spaces, so it may touch that. */
function opens(line: string, at: number, mark: string): boolean {
  const before = line[at - 1] ?? ' ';
  const after = line[at + mark.length] ?? ' ';
  if (SPACE.test(after) || after === mark[0]) return false;
  return mark === '**' || !WORD.test(before);
}

function closing(line: string, from: number, mark: string): number {
  for (let at = line.indexOf(mark, from); at !== -1; at = line.indexOf(mark, at + 1)) {
    const closes = at > from && !SPACE.test(line[at - 1] ?? ' ');
    if (closes && (mark === '**' || (!WORD.test(line[at + 1] ?? ' ') && line[at - 1] !== mark))) return at;
  }
  return -1;
}

function withoutLinks(spans: readonly Span[]): Span[] {
  return spans.flatMap((span) => (typeof span !== 'string' && span.kind === 'link' ? span.spans : [span]));
}

/** Neighbouring pieces of text are one. */
function joined(spans: readonly Span[]): Span[] {
  const made: Span[] = [];
  for (const span of spans) {
    const last = made[made.length - 1];
    if (typeof span === 'string' && typeof last === 'string') made[made.length - 1] = last + span;
    else made.push(span);
  }
  return made;
}
