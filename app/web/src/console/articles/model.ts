/** Articles as the API tells them to who writes them. */
import type { Api } from '../../kit/api';
import type { ArticleBlock } from '../../kit/articles';

export type Spoken = 'en' | 'zh';

export interface ArticleRow {
  readonly id: string;
  readonly group_id: string;
  readonly language: Spoken;
  readonly collection_id: string | null;
  readonly slug: string;
  readonly title: string;
  readonly summary: string;
  readonly questions: readonly string[];
  readonly inbox_ids: readonly string[];
  readonly published: boolean;
  readonly updated_at: number;
  readonly version: number;
  readonly helpful: number;
  readonly unhelpful: number;
  readonly views: number;
}

export interface Article extends ArticleRow {
  readonly body: string;
}

export interface Collection {
  readonly id: string;
  readonly slug: string;
  readonly name_en: string;
  readonly name_zh: string;
  readonly about_en: string;
  readonly about_zh: string;
}

export interface ArticleVersion {
  readonly version: number;
  readonly at: number;
  readonly author_id: string;
  readonly title: string;
}

export interface Filters {
  readonly q: string;
  readonly language: '' | Spoken;
  readonly collection: string;
  readonly published: '-1' | '0' | '1';
}

export const PAGE = 50;
export const EVERYTHING: Filters = { q: '', language: '', collection: '', published: '-1' };

export interface Answer {
  readonly article: Article;
  readonly translations: readonly ArticleRow[];
}

export const articlesOf = (api: Api, filters: Filters, offset: number) =>
  api.get<{ articles: ArticleRow[]; total: number }>(`api/v1/articles?${new URLSearchParams({ ...filters, offset: `${offset}`, limit: `${PAGE}` })}`);
export const collectionsOf = async (api: Api) => (await api.get<{ collections: Collection[] }>('api/v1/article-collections')).collections;
export const blocksOf = async (api: Api, body: string, signal: AbortSignal) =>
  (await api.post<{ blocks: ArticleBlock[] }>('api/v1/articles/preview', { body }, { signal })).blocks;

export function nameOf(collection: Collection, language: string): string {
  return (language === 'zh' ? collection.name_zh : collection.name_en) || collection.name_en || collection.name_zh;
}

/** What the editor holds. */
export interface Form {
  readonly title: string;
  readonly slug: string;
  readonly summary: string;
  readonly body: string;
  readonly questions: string;
  readonly collection_id: string;
  readonly inbox_ids: readonly string[];
  readonly published: boolean;
}

export const EMPTY: Form = { title: '', slug: '', summary: '', body: '', questions: '', collection_id: '', inbox_ids: [], published: false };

export function formOf(article: Article): Form {
  const { title, slug, summary, body, inbox_ids, published } = article;
  return { title, slug, summary, body, inbox_ids, published, questions: article.questions.join('\n'), collection_id: article.collection_id ?? '' };
}

/** What is sent of a form: only what differs from `before`, and an empty address not at all. */
export function changeOf(form: Form, before: Form): Record<string, unknown> {
  const told: Record<string, unknown> = {
    title: form.title, summary: form.summary, body: form.body, inbox_ids: form.inbox_ids, published: form.published,
    questions: form.questions.split('\n').map((one) => one.trim()).filter(Boolean), collection_id: form.collection_id || null, slug: form.slug,
  };
  const changed = (Object.keys(told) as (keyof Form)[]).filter((key) => JSON.stringify(form[key]) !== JSON.stringify(before[key]));
  return Object.fromEntries(changed.filter((key) => key !== 'slug' || form.slug !== '').map((key) => [key, told[key]]));
}
