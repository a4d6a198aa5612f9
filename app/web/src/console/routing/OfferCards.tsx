import type { Offer } from '../../kit/frames';
import { Avatar } from '../../kit/ui/Avatar';
import { Button } from '../../kit/ui/Button';
import { MenuButton } from '../../kit/ui/Menu';
import { WaitRing } from '../../kit/ui/WaitRing';
import { useDesk } from '../state/desk';
import { keyText, useShortcut } from '../state/shortcuts';
import { waiting } from '../times';
import './OfferCards.css';
import { t } from './words';
import { whyText } from './why';

const SHOWN_MAX = 3;

/** Conversations that are put before this agent, each with the time that is left; keys answer the first. */
export function OfferCards() {
  const desk = useDesk();
  const offers = desk.offers.mine.value;
  const [first] = offers;
  useShortcut('acceptOffer', first ? () => void desk.acceptOffer(first) : null);
  useShortcut('refuseOffer', first ? () => void desk.refuseOffer(first, '') : null);
  if (!first) return null;
  return (
    <section class="offers" aria-label={t().offers}>
      {offers.slice(0, SHOWN_MAX).map((offer, place) => (
        <OfferCard key={offer.id} offer={offer} first={place === 0} />
      ))}
    </section>
  );
}

function OfferCard({ offer, first }: { offer: Offer; first: boolean }) {
  const desk = useDesk();
  const w = t();
  const total = offer.deadline_at - offer.made_at;
  const left = Math.max(0, Math.min(total, offer.deadline_at - desk.now.value));
  const seconds = Math.ceil(left / 1_000);
  const customer = offer.contact || desk.customer(offer.conversation_id) || w.someone;
  const title = offer.from_id ? w.handed(desk.nameOf(offer.from_id), customer) : w.offered(customer);
  const waited = offer.why.waited_ms ?? 0;
  const facts = [
    waited >= 1_000 ? w.waited(waiting(waited)) : '',
    ...(offer.kind === 'offer' ? [offer.number > 1 ? w.nth(offer.number) : '', whyText(offer.why)] : []), // a colleague knows why
  ].filter(Boolean);
  return (
    <article class="offer" aria-label={title}>
      <div class="row">
        <Avatar id={offer.contact_id} name={customer} size="s" />
        <b class="grow cut">{title}</b>
        <WaitRing waited={total - left} promise={total} text={String(seconds)} label={w.left(seconds)} />
      </div>
      {offer.line && <p class="offer-line">{offer.line}</p>}
      {offer.note && (
        <p class="offer-note">
          <span class="sr">{w.note}: </span>
          {offer.note}
        </p>
      )}
      {facts.length > 0 && <p class="small t3">{facts.join(' · ')}</p>}
      <div class="row">
        <Button kind="prime" icon="check" keys={first ? keyText('acceptOffer') : undefined} onPress={() => void desk.acceptOffer(offer)}>
          {w.accept}
        </Button>
        <MenuButton
          kind="ghost"
          side="start"
          items={Object.entries(w.refuses).map(([key, label]) => ({
            key,
            label,
            onChoose: () => void desk.refuseOffer(offer, label),
          }))}
          title={first ? keyText('refuseOffer') : undefined}
        >
          {w.refuse}
        </MenuButton>
      </div>
    </article>
  );
}
