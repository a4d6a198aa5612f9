import { useEffect } from 'preact/hooks';
import { Button } from '../kit/ui/Button';
import { queue, screens } from './parts';
import type { Visit } from './visit';
import { t } from './words';

/** Between the thread and the field: the way to a person while the bot answers, his place for who waits, a question when it is over. */
export function ThreadFoot({ visit }: { visit: Visit }) {
  const head = visit.head.value;
  const over = head?.status === 'resolved' || head?.status === 'closed';
  const RateInvite = screens.held.value?.RateInvite;
  const queued = head?.status === 'queued';
  useEffect(() => { if (over) void screens.fetch(); if (queued) void queue.fetch(); }, [over, queued]);
  if (over) return RateInvite === undefined ? null : <RateInvite visit={visit} />;
  if (head?.status === 'bot') return <ToPerson visit={visit} />;
  const QueueView = queue.held.value?.QueueView;
  return queued && QueueView !== undefined ? <QueueView visit={visit} conv={head.conv} /> : null;
}

/** Said in his name, so that it holds wherever the bot is, and stands in the thread. */
function ToPerson({ visit }: { visit: Visit }) {
  const asked = visit.pending.value.some(({ command }) => command.t === 'send' && command.text === t().personAsk);
  return (
    <div class="to-person">
      <Button size="s" kind="ghost" icon="user" disabled={asked} onPress={() => void visit.send(t().personAsk, [])}>{t().person}</Button>
    </div>
  );
}
