import { Avatar } from '../../kit/ui/Avatar';
import { Dots } from '../../kit/ui/Bubble';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import { t } from './words';

const FACES_MAX = 3;

/** Who else has this conversation before his eyes. */
export function Viewers() {
  const desk = useDesk();
  const w = t();
  const others = othersOf(desk);
  if (others.length === 0) return null;
  const names = others.map(({ name }) => name).join(', ');
  return (
    <span class="viewers not-phone" title={w.viewing(names)} role="img" aria-label={w.viewing(names)}>
      <span class="stack">
        {others.slice(0, FACES_MAX).map(({ id, name }) => (
          <Avatar key={id} id={id} name={name} size="s" />
        ))}
      </span>
      <span class="small t3 num">{w.viewers(others.length + 1)}</span>
    </span>
  );
}

/** A colleague writes here as well: before two answers go to one customer. */
export function Composing({ conv }: { conv: string }) {
  const desk = useDesk();
  const writing = othersOf(desk).filter(({ composing }) => composing);
  if (writing.length === 0 || desk.open.value !== conv) return null;
  return (
    <div class="composing" role="status">
      <Dots />
      <span class="cut">{t().composes(writing.map(({ name }) => name).join(', '), writing.length)}</span>
    </div>
  );
}

function othersOf(desk: Desk) {
  return desk.viewing.viewers.value
    .filter(({ id }) => id !== desk.me.agent.id)
    .map(({ id, composing }) => ({ id, composing, name: desk.nameOf(id) }));
}
