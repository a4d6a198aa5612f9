import { Problem } from '../kit/api';
import { Button } from '../kit/ui/Button';
import { Icon } from '../kit/ui/Icon';
import { HomeScreen } from './HomeScreen';
import { ThreadScreen } from './ThreadScreen';
import type { Visit } from './visit';
import { t } from './words';

/** The page: home, or a thread. */
export function App({ visit, onClose }: { visit: Visit; onClose: (() => void) | null }) {
  const { at } = visit.screen.value;
  return at === 'home' ? <HomeScreen visit={visit} onClose={onClose} /> : <ThreadScreen visit={visit} onClose={onClose} />;
}

/** In place of the page when the session cannot be opened: why, and what to do. */
export function Trouble({ problem, onRetry }: { problem: unknown; onRetry: (() => void) | null }) {
  const reason = problem instanceof Problem && problem.status === 404 ? t().noInbox : problem instanceof Error ? problem.message : t().noConnection;
  return (
    <main class="wid">
      <div class="wbody trouble" role="alert">
        <Icon name="offline" size="l" />
        <h1>{t().cannotOpen}</h1>
        <p class="t2">{reason}</p>
        {onRetry !== null && <Button onPress={onRetry}>{t().retryNow}</Button>}
      </div>
    </main>
  );
}
