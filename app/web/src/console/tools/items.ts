/** What the menu of a conversation offers beside the acts that have a button of their own. */
import type { Conversation } from '../../kit/frames';
import type { MenuItem } from '../../kit/ui/Menu';
import type { Desk } from '../state/desk';
import { REASONS } from './Labels';
import { t } from './words';

export function toolItems(desk: Desk, conversation: Conversation | undefined): readonly (MenuItem | 'line')[] {
  if (!conversation || !desk.may('conversations.write')) return [];
  const w = t();
  const over = conversation.status === 'resolved' || conversation.status === 'closed';
  if (over) return [];
  return REASONS.filter((reason) => reason !== 'solved').map((reason) => ({
    key: `resolve-${reason}`,
    label: w.resolveAs(w.reasons[reason] ?? reason),
    icon: reason === 'spam' ? ('stop' as const) : ('check' as const),
    onChoose: () => void desk.resolve(conversation.id, reason),
  }));
}
