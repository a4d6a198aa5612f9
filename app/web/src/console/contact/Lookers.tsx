import { Avatar } from '../../kit/ui/Avatar';
import type { Desk } from '../state/desk';
import { t } from './words';

/** Who has this conversation before his eyes, and who of them writes; nothing while one is alone. */
export function Lookers({ desk }: { desk: Desk }) {
  const w = t();
  const viewers = desk.viewing.viewers.value;
  const me = desk.me.agent.id;
  if (viewers.every(({ id }) => id === me)) return null;
  return (
    <section class="sec" aria-label={w.looking}>
      <h3>
        {w.looking}
        <span class="t3 num">{viewers.length}</span>
      </h3>
      <ul>
        {viewers.map(({ id, composing }) => (
          <li key={id} class="looker">
            <Avatar id={id} name={desk.nameOf(id)} size="xs" />
            <span class="cut grow">{id === me ? w.you(desk.nameOf(id)) : desk.nameOf(id)}</span>
            <span class={composing ? 'small tone-accent' : 'small t3'}>{composing ? w.composing : w.viewing}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
