/** The pages of intents with their sheet, fetched at their first visit. */
import { fetchedOnce } from '../../kit/sheets';
import sheet from './Intents.css?address';

const dressed = fetchedOnce(sheet);

export async function loadIntents() {
  const [page] = await Promise.all([import('./Intents'), dressed()]);
  return page.Intents;
}
