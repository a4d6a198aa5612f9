import { useState } from 'preact/hooks';
import { Avatar } from '../../kit/ui/Avatar';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { TextField } from '../../kit/ui/Field';
import { Icon } from '../../kit/ui/Icon';
import { MenuCaption } from '../../kit/ui/Menu';
import type { Desk } from '../state/desk';
import { t as routing } from '../routing/words';
import { useDesk } from '../state/desk';
import { presenceOf } from '../state/presence';
import { t } from '../words';

interface Target {
  readonly key: string;
  readonly name: string;
  readonly kind: 'agent' | 'team' | 'queue';
  readonly presence?: 'online' | 'away' | 'offline';
}

/** To whom a conversation goes next, with a note that goes along. */
export function HandOver({ conv, onClose }: { conv: string; onClose: () => void }) {
  const desk = useDesk();
  const w = t();
  const [chosen, setChosen] = useState<Target | null>(null);
  const [note, setNote] = useState('');
  const targets = targetsOf(desk, conv);
  const give = (): void => {
    if (!chosen) return;
    if (chosen.kind === 'agent' && chosen.presence === 'online' && chosen.key !== desk.me.agent.id) {
      void desk.transfer(conv, chosen.key, note.trim());
      return onClose();
    }
    const to = { agent: { agent_id: chosen.key }, team: { team_id: chosen.key }, queue: {} }[chosen.kind];
    void desk.assign(conv, { ...to, ...(note.trim() ? { note: note.trim() } : {}) }, chosen.name);
    onClose();
  };
  return (
    <Dialog
      title={w.handOverTitle}
      onClose={onClose}
      actions={
        <>
          <Button kind="ghost" onPress={onClose}>
            {w.cancel}
          </Button>
          <Button kind="prime" disabled={!chosen} reason={chosen ? undefined : w.chooseTarget} onPress={give}>
            {w.handOver}
          </Button>
        </>
      }
    >
      {targets.length === 0 ? (
        <p class="t2">{w.nobodyElse}</p>
      ) : (
        <div class="targets" role="radiogroup" aria-label={w.handOverTitle}>
          {(['agent', 'team', 'queue'] as const).map((kind) => (
            <Targets
              key={kind}
              caption={{ agent: w.colleague, team: w.team, queue: w.queue }[kind]}
              targets={targets.filter((target) => target.kind === kind)}
              chosen={chosen}
              onChoose={setChosen}
            />
          ))}
        </div>
      )}
      {chosen?.presence === 'online' && <p class="small t3">{routing().toAgentHint}</p>}
      <TextField label={w.handOverNote} value={note} onInput={setNote} lines={2} maxLength={4_000} />
    </Dialog>
  );
}

function Targets({
  caption,
  targets,
  chosen,
  onChoose,
}: {
  caption: string;
  targets: readonly Target[];
  chosen: Target | null;
  onChoose: (target: Target) => void;
}) {
  if (targets.length === 0) return null;
  return (
    <>
      <MenuCaption>{caption}</MenuCaption>
      {targets.map((target) => (
        <label key={target.key} class="target">
          <input
            type="radio"
            class="sr"
            name="target"
            checked={chosen?.key === target.key}
            onChange={() => onChoose(target)}
          />
          {target.kind === 'agent' ? (
            <Avatar id={target.key} name={target.name} size="s" presence={target.presence} />
          ) : (
            <Icon name={target.kind === 'team' ? 'users' : 'back'} />
          )}
          <span class="grow cut">{target.name}</span>
          {target.presence && <span class="small t3">{t()[target.presence]}</span>}
        </label>
      ))}
    </>
  );
}

function targetsOf(desk: Desk, conv: string): readonly Target[] {
  const conversation = desk.lists.heads.value.get(conv)?.conversation;
  const online = desk.people.online.value.agents;
  const rank = { online: 0, away: 1, offline: 2 };
  const agents = [...desk.people.colleagues.value.values()]
    .filter(({ id, disabled, role }) => !disabled && role !== 'observer' && id !== conversation?.assignee_id)
    .map(({ id, name, availability }) => {
      const presence = online.has(id) ? presenceOf(availability) : 'offline';
      return { key: id, name, kind: 'agent', presence } as const;
    })
    .sort((one, other) => rank[one.presence] - rank[other.presence] || one.name.localeCompare(other.name));
  const teams = [...desk.people.teams.value.values()].map(({ id, name }) => ({ key: id, name, kind: 'team' }) as const);
  const queue = conversation?.assignee_id ? [{ key: 'queue', name: t().backToQueue, kind: 'queue' } as const] : [];
  return [...agents, ...teams, ...queue];
}
