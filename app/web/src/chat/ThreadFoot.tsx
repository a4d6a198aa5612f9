import { useEffect } from 'preact/hooks';
import { queue, screens } from './parts';
import type { Visit } from './visit';

/** Between the thread and the field: his place and ways out for who waits, a question when it is over. */
export function ThreadFoot({ visit }: { visit: Visit }) {
  const head = visit.head.value;
  const over = head?.status === 'resolved' || head?.status === 'closed';
  const RateInvite = screens.held.value?.RateInvite;
  const queued = head?.status === 'queued';
  useEffect(() => { if (over) void screens.fetch(); if (queued) void queue.fetch(); }, [over, queued]);
  if (over) return RateInvite === undefined ? null : <RateInvite visit={visit} />;
  const QueueView = queue.held.value?.QueueView;
  return queued && QueueView !== undefined ? <QueueView visit={visit} conv={head.conv} /> : null;
}
