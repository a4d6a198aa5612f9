import { Button } from '../../kit/ui/Button';
import { Icon } from '../../kit/ui/Icon';
import { Phrases } from '../../kit/ui/Phrases';
import type { Desk } from '../state/desk';
import { narrowing } from '../state/filters';
import { t } from './words';

/** Offered once to who has conversations of his own, where the browser can give it: asked for only by a click. */
export function NoticeOffer({ desk }: { desk: Desk }) {
  const w = t();
  const { notices } = desk;
  if (!notices.offered || desk.lists.counts.value.mine === 0 || narrowing(desk.lists.filters.value) > 0) return null;
  return (
    <div class="list-offer" role="region" aria-label={w.offer}>
      <Icon name="bell" />
      <span class="grow">
        <Phrases>{w.offer}</Phrases>
      </span>
      <Button size="s" onPress={() => void notices.allow()}>
        {w.allow}
      </Button>
      <Button size="s" kind="ghost" icon="x" label={w.decline} onPress={() => notices.choose({ declined: true })} />
    </div>
  );
}
