import { Later } from '../kit/ui/Later';
import { t } from './words';

/** A page of its own that is fetched when it is wanted. */
export function LaterPage({ load }: { load: Parameters<typeof Later>[0]['load'] }) {
  const w = t();
  return <Later load={load} loading={w.loading} failed={w.loadFailed} reason={w.unreachable} retry={w.retry} />;
}
