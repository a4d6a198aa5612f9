/** Lines that routing writes, put into words from their `data`. */
import { t } from './words';

/** Null where the line is not routing's. */
export function routingText(data: Readonly<Record<string, string>>): string | null {
  const w = t();
  if (data.event === 'transfer_refused') return w.refused(data.agent ?? '', data.reason ?? '');
  if (data.event === 'transfer_expired') return w.expired(data.agent ?? '');
  if (data.event !== 'transferred') return null;
  if (data.why === 'overflow') return w.overflow(data.team ?? '');
  return data.why === 'gone' ? w.gone(data.from ?? '') : null;
}
