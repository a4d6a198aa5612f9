import { fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import type { Trouble } from './mailModel';
import { t } from './mailWords';

/** Why a mail server does not do what it should, in its own words where it has any. */
export function TroubleLine({ trouble }: { trouble: Trouble }) {
  return (
    <p class="hint bad" role="status">
      {trouble[language.value]}
      {t().since(fullTime(trouble.at, language.value))}
    </p>
  );
}
