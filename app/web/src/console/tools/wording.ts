/** The lines of an agent's tools put into words from their `data`. */
import { fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { t } from './words';

export function toolText(data: Readonly<Record<string, string>>, actor: string, byCustomer: boolean): string {
  const w = t();
  if (data.event === 'snoozed') return w.slept(actor, data.until ? fullTime(Number(data.until), language.value) : '');
  if (data.event === 'woken') return data.by === 'time' ? w.wokeByTime : byCustomer ? w.wokeByCustomer : w.wokeByHand(actor);
  const { added = '', removed = '', from = '', to = '' } = data;
  const joined = (names: string): string => names.split(', ').join(w.stop);
  if (data.event === 'not_sent') return (w.notSent[data.why ?? ''] ?? w.notSent.refused)?.(actor, data.text ?? '') ?? '';
  if (data.event === 'took_in') return w.tookIn(actor);
  if (data.event === 'gave_back') return w.gaveBack(actor);
  if (data.event === 'linked') return w.linkedLine(actor);
  if (data.event === 'unlinked') return w.unlinkedLine(actor);
  if (data.event === 'resolved') return w.mergedAway(actor);
  if (data.event === 'attributes_changed') return w.noted(actor, data[language.value] ?? '');
  if (data.event === 'priority_changed')
    return w.prioritised(actor, w.priorities[Number(from)] ?? from, w.priorities[Number(to)] ?? to);
  if (added === '') return w.untagged(actor, joined(removed));
  return removed === '' ? w.tagged(actor, joined(added)) : w.retagged(actor, joined(added), joined(removed));
}
