import { useEffect } from 'preact/hooks';
import { Problem } from '../kit/api';
import { Button } from '../kit/ui/Button';
import { Icon } from '../kit/ui/Icon';
import { ConditionLine } from './ConditionLine';
import { Tools } from './Frame';
import { type Part, home, screens, thread } from './parts';
import type { Visit } from './visit';
import { t } from './words';

interface AppProps {
  visit: Visit;
  onClose: (() => void) | null;
}

/**
 * The page: home, a thread, the form, a rating, a copy to keep. Who begins is asked first where the inbox asks; where nobody can come any
 * more before he has sent anything, the form takes the field's place and his words along.
 */
export function App({ visit, onClose }: AppProps) {
  const screen = visit.screen.value;
  const begins = screen.at === 'thread' && screen.conv === null && visit.pending.value.length === 0;
  const leaves = screen.at === 'leave' || (begins && visit.away.value);
  const asks = begins && visit.asks.value;
  if (screen.at === 'home') return <Home visit={visit} onClose={onClose} />;
  if (!leaves && !asks && screen.at !== 'rate' && screen.at !== 'transcript') return <Conversation visit={visit} onClose={onClose} />;
  if (screens.held.value === null) return <Coming part={screens} visit={visit} onClose={onClose} />;
  const { AskScreen, LeaveScreen, RateScreen, TranscriptScreen } = screens.held.value;
  if (leaves) return <LeaveScreen visit={visit} onClose={onClose} />;
  if (screen.at === 'rate') return <RateScreen visit={visit} at={screen} onClose={onClose} />;
  if (screen.at === 'transcript') return <TranscriptScreen visit={visit} conv={screen.conv} onClose={onClose} />;
  return <AskScreen visit={visit} onClose={onClose} />;
}

function Home(props: AppProps) {
  if (home.held.value === null) return <Coming part={home} {...props} />;
  return <home.held.value.HomeScreen {...props} />;
}

function Conversation(props: AppProps) {
  if (thread.held.value === null) return <Coming part={thread} {...props} />;
  return <thread.held.value.Thread {...props} />;
}

/** While a part is fetched: an empty page with its way back; where it does not come, why, and what to do. */
function Coming({ part, visit, onClose }: AppProps & { part: Part<unknown> }) {
  useEffect(() => void part.fetch(), [part]);
  return (
    <main class="wid" aria-busy={!part.lost.value}>
      <header class="whead">
        {part !== home && <Button kind="ghost" size="s" icon="left" label={t().back} onPress={() => visit.show({ at: 'home' })} />}
        <b class="grow cut">{visit.session.inbox.name}</b>
        <Tools onClose={onClose} />
      </header>
      {part.lost.value && (
        <div class="wbody trouble" role="alert">
          <Icon name="offline" size="l" />
          <p class="t2">{t().noConnection}</p>
          <Button onPress={() => void part.fetch()}>{t().retryNow}</Button>
          {/* its file may be gone: the server was brought up to date since this page was opened */}
          <Button kind="ghost" onPress={() => location.reload()}>{t().reload}</Button>
        </div>
      )}
      <ConditionLine visit={visit} />
    </main>
  );
}

/** In place of the page when the session cannot be opened: why, and what to do. */
export function Trouble({ problem, onRetry }: { problem: unknown; onRetry: (() => void) | null }) {
  const said = problem instanceof Error && problem.message !== '' ? problem.message : t().noConnection;
  // 400: what stands in the address is not even a name.
  const reason = problem instanceof Problem && (problem.status === 404 || problem.status === 400) ? t().noInbox : said;
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
