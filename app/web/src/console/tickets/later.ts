/** The tickets' pages with their sheet, fetched at their first visit. */
import { fetchedOnce } from '../../kit/sheets';
import sheet from './Tickets.css?address';

const dressed = fetchedOnce(sheet);

export async function loadTickets() {
  const [page] = await Promise.all([import('./Tickets'), dressed()]);
  return page.Tickets;
}
