/** What an action does, in a sentence. */
import type { Desk } from '../state/desk';
import type { Action } from '../state/macros';
import { whenText } from '../times';
import { t } from './words';

export function describe(desk: Desk, action: Action): string {
  const w = t();
  const named = (ids: readonly string[]): string => desk.tags.named(ids).map(({ name }) => name).join(w.stop);
  switch (action.do) {
    case 'reply':
      return w.does.reply;
    case 'note':
      return w.does.note;
    case 'tags': {
      const parts = [action.add.length > 0 && w.does.tag(named(action.add)), action.remove.length > 0 && w.does.untag(named(action.remove))];
      return parts.filter(Boolean).join(w.stop);
    }
    case 'priority':
      return w.does.priority(w.priorities[action.priority] ?? '');
    case 'assign':
      if (action.me) return w.does.take;
      return w.does.assign(
        [action.agent_id && desk.nameOf(action.agent_id), action.team_id && desk.people.teams.value.get(action.team_id)?.name]
          .filter(Boolean)
          .join(w.stop),
      );
    case 'snooze':
      if (action.until !== null) return w.does.snooze(whenText(action.until, desk.now.peek()));
      return action.minutes === null ? w.does.snoozeToReply : w.does.snoozeFor(action.minutes);
    case 'resolve':
      return w.does.resolve(w.reasons[action.reason || 'solved'] ?? action.reason);
    case 'ticket':
      return w.does.ticket;
  }
}
