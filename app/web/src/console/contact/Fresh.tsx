import { clockTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { Dot } from '../../kit/ui/Dot';
import type { Desk } from '../state/desk';
import { t } from './words';

/** How new live data is: told as it happens, or as it was when the line was cut. */
export function Fresh({ desk }: { desk: Desk }) {
  const w = t();
  const live = desk.condition.value.state === 'live';
  const last = desk.lastLive.value;
  if (!live && last === 0) return null; // not connected yet: what was fetched is a moment old
  return (
    <span class="fresh end small t3" title={live ? w.liveWhat : w.asOfWhat}>
      <Dot state={live ? 'online' : 'away'} />
      {live ? w.live : w.asOf(clockTime(last, language.value))}
    </span>
  );
}
