/** What is put before this agent, and what he put before colleagues: the whole list, told anew at each change. */
import { computed, signal } from '@preact/signals';
import type { Api } from '../../kit/api';
import type { Conversation, Offer, ServerFrame } from '../../kit/frames';

export class Offers {
  readonly all = signal<readonly Offer[]>([]);
  /** To be answered, the oldest first. */
  readonly mine = computed(() => this.all.value.filter(({ agent_id: id }) => id === this.me));
  private known = new Set<string>();

  constructor(
    private readonly api: Api,
    private readonly me: string,
    /** An offer that was not there before. */
    private readonly came: (offer: Offer) => void,
  ) {}

  /** The one by which a conversation waits for a colleague. */
  sent(conv: string): Offer | undefined {
    return this.all.value.find((offer) => offer.conversation_id === conv && offer.from_id === this.me && offer.agent_id !== this.me);
  }

  receive(frame: ServerFrame): void {
    if (frame.t !== 'offers') return;
    this.all.value = frame.offers;
    const fresh = this.mine.value.filter(({ id }) => !this.known.has(id));
    this.known = new Set(frame.offers.map(({ id }) => id));
    for (const offer of fresh) this.came(offer);
  }

  /** Takes it; raises the refusal. */
  async accept(offer: Offer): Promise<Conversation> {
    try {
      const { conversation } = await this.api.post<{ conversation: Conversation }>(`api/v1/offers/${offer.id}/accept`, {});
      return conversation;
    } finally {
      this.drop(offer);
    }
  }

  /** Does not take it; raises the refusal. */
  async refuse(offer: Offer, reason: string): Promise<void> {
    this.drop(offer);
    await this.api.post(`api/v1/offers/${offer.id}/refuse`, { reason });
  }

  async takeBack(offer: Offer): Promise<void> {
    this.drop(offer);
    await this.api.delete(`api/v1/offers/${offer.id}`);
  }

  private drop({ id }: Offer): void {
    this.all.value = this.all.value.filter((offer) => offer.id !== id);
  }
}
