import { fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';

/** A moment in full, in the reader's language. */
export function moment(at: number): string {
  return fullTime(at, language.value);
}
