import { useEffect } from 'preact/hooks';
import { screens } from './parts';
import type { Visit } from './visit';
import { t } from './words';

/** Between the thread and the field: a way out for who waits for nobody, a question when it is over. */
export function ThreadFoot({ visit }: { visit: Visit }) {
  const head = visit.head.value;
  const { open, online } = visit.reception.value;
  const over = head?.status === 'resolved' || head?.status === 'closed';
  const RateInvite = screens.held.value?.RateInvite;
  useEffect(() => { if (over) void screens.fetch(); }, [over]);
  if (over) return RateInvite === undefined ? null : <RateInvite visit={visit} />;
  if (head?.status !== 'queued' || (open && online > 0)) return null;
  return (
    <section class="rate-invite given" aria-label={t().leaveInstead}>
      <span class="grow">{t().nobodyComes}</span>
      <button type="button" class="link" onClick={() => visit.show({ at: 'leave', conv: head.conv })}>{t().leaveInstead}</button>
    </section>
  );
}
