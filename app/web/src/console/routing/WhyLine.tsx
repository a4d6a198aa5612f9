import { useEffect, useState } from 'preact/hooks';
import type { Offer } from '../../kit/frames';
import { Button } from '../../kit/ui/Button';
import { Icon } from '../../kit/ui/Icon';
import type { Desk } from '../state/desk';
import { whyText } from './why';
import { t } from './words';

/** Why its agent has a conversation, and whom it waits for. */
export function WhyLine({ desk, conv }: { desk: Desk; conv: string }) {
  const w = t();
  const assignee = desk.lists.heads.value.get(conv)?.conversation.assignee_id ?? null;
  const offer = useWhy(desk, conv, assignee);
  const sent = desk.offers.sent(conv);
  if (sent === undefined && (assignee === null || offer === undefined)) return null;
  const mine = assignee === desk.me.agent.id;
  return (
    <section class="sec">
      {assignee !== null && offer !== undefined && (
        <>
          <h3>{mine ? w.whyMe : w.why}</h3>
          <p class="t2">{offer === null ? w.takenByHand : whyText(offer.why)}</p>
        </>
      )}
      {sent && (
        <p class="row">
          <Icon name="clock" size="s" />
          <span class="grow t2">{w.waitingFor(desk.nameOf(sent.agent_id))}</span>
          <Button size="s" kind="ghost" onPress={() => void desk.takeBackOffer(sent)}>
            {w.takeBack}
          </Button>
        </p>
      )}
    </section>
  );
}

/** Undefined until it is known, null where he took it himself. */
function useWhy(desk: Desk, conv: string, assignee: string | null): Offer | null | undefined {
  const [found, setFound] = useState<Offer | null | undefined>(undefined);
  useEffect(() => {
    setFound(undefined);
    if (assignee === null) return undefined;
    const aborter = new AbortController();
    desk.api.get<{ offer: Offer | null }>(`api/v1/conversations/${conv}/why`, { signal: aborter.signal }).then(
      ({ offer }) => setFound(offer),
      () => undefined, // a line beside the matter: without it nothing is missing
    );
    return () => aborter.abort();
  }, [conv, assignee]);
  return found;
}
