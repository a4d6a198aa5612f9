import { useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { MenuButton, type MenuItem } from '../../kit/ui/Menu';
import type { Desk } from '../state/desk';
import type { Action } from '../state/macros';
import { useShortcut } from '../state/shortcuts';
import { t as words } from '../words';
import './BulkBar.css';
import { PRIORITIES, REASONS } from './Labels';
import { MomentPicker } from './MomentPicker';
import { t } from './words';

/** What is done with everything that is chosen in the list. */
export function BulkBar({ desk, shown }: { desk: Desk; shown: readonly string[] }) {
  const w = t();
  const [snoozing, setSnoozing] = useState(false);
  const ids = desk.selection.among(shown);
  const any = desk.selection.ids.value.size > 0;
  useShortcut('unselect', any ? () => desk.selection.clear() : null);
  if (ids.length === 0) return null;
  const act = (...actions: Action[]): void => void desk.bulk(ids, actions);
  const tags = [...desk.tags.all.value.values()].filter(({ archived }) => !archived);
  const tagItems: MenuItem[] = tags.map(({ id, name }) => ({ key: id, label: name, icon: 'tag', onChoose: () => act({ do: 'tags', add: [id], remove: [] }) }));
  const takeOff: MenuItem[] = desk.tags
    .named([...new Set(ids.flatMap((id) => desk.lists.heads.value.get(id)?.conversation.tags ?? []))])
    .map(({ id, name }) => ({ key: `off-${id}`, label: w.without(name), icon: 'x', onChoose: () => act({ do: 'tags', add: [], remove: [id] }) }));
  const more: (MenuItem | 'line')[] = [
    ...PRIORITIES.map((priority): MenuItem => ({
      key: `priority-${priority}`,
      label: `${w.priority}: ${w.priorities[priority]}`,
      icon: 'flag',
      onChoose: () => act({ do: 'priority', priority }),
    })),
    'line',
    ...[...desk.people.teams.value.values()].map(({ id, name }): MenuItem => ({
      key: `team-${id}`,
      label: w.does.assign(name),
      icon: 'users',
      onChoose: () => act({ do: 'assign', me: false, agent_id: null, team_id: id }),
    })),
    ...colleagues(desk).map(({ id, name }): MenuItem => ({
      key: `agent-${id}`,
      label: w.does.assign(name),
      icon: 'user',
      onChoose: () => act({ do: 'assign', me: false, agent_id: id, team_id: null }),
    })),
    'line',
    ...REASONS.filter((reason) => reason !== 'solved').map((reason): MenuItem => ({
      key: reason,
      label: w.resolveAs(w.reasons[reason] ?? reason),
      icon: 'check',
      onChoose: () => act({ do: 'resolve', reason }),
    })),
  ];
  return (
    <div class="bulk" role="toolbar" aria-label={w.chosen(ids.length)}>
      <span class="grow" role="status">{w.chosen(ids.length)}</span>
      {tags.length > 0 && (
        <MenuButton kind="ghost" size="s" icon="tag" label={w.tags} items={takeOff.length > 0 ? [...tagItems, 'line', ...takeOff] : tagItems} />
      )}
      <Button kind="ghost" size="s" icon="user" label={w.does.take} onPress={() => act({ do: 'assign', me: true, agent_id: null, team_id: null })} />
      <Button kind="ghost" size="s" icon="moon" label={w.snooze} onPress={() => setSnoozing(true)} />
      <Button kind="ghost" size="s" icon="check" label={words().resolve} onPress={() => act({ do: 'resolve', reason: '' })} />
      <MenuButton kind="ghost" size="s" icon="more" label={words().more} items={more} />
      <Button kind="ghost" size="s" icon="x" label={w.unselect} onPress={() => desk.selection.clear()} />
      {snoozing && (
        <Dialog title={w.snoozeTitle} onClose={() => setSnoozing(false)} actions={<Button kind="ghost" onPress={() => setSnoozing(false)}>{words().cancel}</Button>}>
          <MomentPicker
            desk={desk}
            act={w.snoozeAct}
            onChoose={(until) => {
              setSnoozing(false);
              act({ do: 'snooze', minutes: null, until });
            }}
          />
        </Dialog>
      )}
    </div>
  );
}

function colleagues(desk: Desk): readonly { id: string; name: string }[] {
  return [...desk.people.colleagues.value.values()].filter(
    ({ id, disabled, role }) => !disabled && role !== 'observer' && id !== desk.me.agent.id,
  );
}
