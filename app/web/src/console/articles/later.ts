/** The pages of articles with their sheet, and what is suggested beside a conversation: fetched when they are first wanted. */
import { fetchedOnce } from '../../kit/sheets';
import sheet from './Articles.css?address';

const dressed = fetchedOnce(sheet);

export async function loadArticles() {
  const [page] = await Promise.all([import('./Articles'), dressed()]);
  return page.Articles;
}

export async function loadHints() {
  const [hints] = await Promise.all([import('./ArticleHints'), dressed()]);
  return hints.ArticleHints;
}
