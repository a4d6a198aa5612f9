import { t } from './words';

/** Why something did not go through, in words for the person. */
export function reasonOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : t().noConnection;
}
