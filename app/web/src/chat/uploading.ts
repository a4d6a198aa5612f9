/** How a visitor's files go up: fetched when he has chosen one. */
import type { Api } from '../kit/api';
import { systemClock, systemRandom } from '../kit/clock';
import { keptFiles } from '../kit/kept';
import { sessionStorageOrNull } from '../kit/storage';
import { TusLine } from '../kit/tus';
import { Uploads } from '../kit/uploads';
import { f } from './fileWords';
import { t } from './words';

export { Chosen } from './Chosen';

/** The files of this visitor in this tab, with those that were on their way before a reload. */
export function uploadsOf(api: Api, contact: string): Uploads {
  const uploads = new Uploads({
    line: new TusLine(api, 'api/v1/visitor/uploads', systemClock, () => t().noConnection),
    kept: keptFiles(contact, sessionStorageOrNull()),
    clock: systemClock,
    random: systemRandom,
    reason: (error) => (error instanceof Error ? error.message : String(error)),
    lostText: () => f().chooseAgain,
  });
  uploads.restore();
  return uploads;
}
