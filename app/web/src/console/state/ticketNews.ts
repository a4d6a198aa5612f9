/** What this agent is told of his tickets: asked for whenever the line says that it is something else. */
import { signal } from '@preact/signals';
import type { Api } from '../../kit/api';
import type { ServerFrame } from '../../kit/frames';
import type { Entry } from '../tickets/model';

export interface TicketNotice {
  readonly number: number;
  readonly why: 'mentioned' | 'assigned' | 'watched';
  readonly seen: boolean;
  readonly ticket_id: string;
  readonly ticket_number: number;
  readonly title: string;
  readonly entry: Entry;
}

interface Page {
  readonly notices: readonly TicketNotice[];
  readonly unseen: number;
}

export class TicketNews {
  /** The newest, newest first. */
  readonly notices = signal<readonly TicketNotice[]>([]);
  readonly unseen = signal(0);
  private round = 0;

  constructor(
    private readonly api: Api,
    private readonly may: () => boolean,
  ) {}

  /** A snapshot follows each time the line opens, so that nothing told meanwhile is missed. */
  receive(frame: ServerFrame): void {
    if ((frame.t === 'ticket_notices' || frame.t === 'snapshot') && this.may()) this.fetch();
  }

  /** He has looked: at all of them, or at those of one ticket. */
  async see(ticket: string | null): Promise<void> {
    await this.api.post('api/v1/ticket-notices/seen', ticket === null ? {} : { ticket_id: ticket });
    this.fetch();
  }

  private fetch(): void {
    const mine = (this.round += 1);
    this.api.get<Page>('api/v1/ticket-notices').then(
      ({ notices, unseen }) => {
        if (mine !== this.round) return;
        this.notices.value = notices;
        this.unseen.value = unseen;
      },
      () => undefined, // the next frame, or the next time the line opens, asks again
    );
  }
}
