/** Who speaks where it is no person: a joined system, or an automation, by the name of its source. */
import { t } from './words';

const SOURCE = 'source:';

/** What a source is called where it speaks; empty for everybody else. */
export function sourceName(speakerId: string): string {
  return speakerId.startsWith(SOURCE) ? t().source(speakerId.slice(SOURCE.length)) : '';
}
