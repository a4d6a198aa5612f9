/** The pages of joined systems with their sheet, fetched at their first visit. */
import { fetchedOnce } from '../../kit/sheets';
import sheet from './Systems.css?address';

const dressed = fetchedOnce(sheet);

export async function loadSources() {
  const [page] = await Promise.all([import('./Sources'), dressed()]);
  return page.Sources;
}

export async function loadAutomations() {
  const [page] = await Promise.all([import('./Automations'), dressed()]);
  return page.Automations;
}
