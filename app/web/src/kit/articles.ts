/** Articles as the API tells them: their text comes as a tree (app/articles/markdown.py), so nobody parses it twice. */
export type ArticleSpan =
  | string
  | { kind: 'strong'; spans: ArticleSpan[] }
  | { kind: 'em'; spans: ArticleSpan[] }
  | { kind: 'code'; text: string }
  | { kind: 'link'; href: string; spans: ArticleSpan[] }
  | { kind: 'break' };

export type ArticleBlock =
  | { kind: 'text'; spans: ArticleSpan[] }
  | { kind: 'heading'; level: number; spans: ArticleSpan[] }
  | { kind: 'list'; ordered: boolean; first: number; items: ArticleBlock[][] }
  | { kind: 'quote'; blocks: ArticleBlock[] }
  | { kind: 'pre'; text: string }
  | { kind: 'table'; head: ArticleSpan[][]; rows: ArticleSpan[][][] }
  | { kind: 'rule' };

/** One that fits what was asked, or that is read much. */
export interface Suggestion {
  id: string;
  language: string;
  slug: string;
  title: string;
  summary: string;
  score: number;
}

export interface Reading {
  id: string;
  language: string;
  slug: string;
  title: string;
  updated_at: number;
  blocks: ArticleBlock[];
  translations: Record<string, string>;
}

/** Whether a link leads to another article rather than out: then it is that one's slug. */
export function isNeighbour(href: string): boolean {
  return !/^[a-z]+:/.test(href);
}
