/** This agent's choice to hold his answers for a while, and what waits in the conversation before his eyes. */
import { signal } from '@preact/signals';
import type { Api } from '../../kit/api';

export interface Scheduled {
  readonly id: string;
  readonly conversation_id: string;
  readonly agent_id: string;
  readonly text: string;
  readonly files: readonly string[];
  readonly due_at: number;
  readonly held: boolean;
  readonly unless_written: boolean;
}

export class Waiting {
  /** 0: answers go at once. What was known on this device holds until the server has said it. */
  readonly seconds = signal(0);
  readonly here = signal<readonly Scheduled[]>([]);
  private conv = '';

  constructor(
    private readonly api: Api,
    private readonly me: string,
    private readonly shelf: Storage | null,
  ) {
    this.seconds.value = Number(shelf?.getItem(this.key()) ?? 0) || 0;
  }

  async loadSeconds(): Promise<void> {
    const answer = await this.api.get<{ seconds: number }>('api/v1/me/undo-send').catch(() => null);
    if (answer) this.keep(answer.seconds);
  }

  async setSeconds(seconds: number): Promise<void> {
    this.keep((await this.api.patch<{ seconds: number }>('api/v1/me/undo-send', { seconds })).seconds);
  }

  /** What waits in a conversation; a failure leaves what is held. */
  async look(conv: string): Promise<void> {
    if (this.conv !== conv) this.here.value = [];
    this.conv = conv;
    const answer = await this.api
      .get<{ scheduled: Scheduled[] }>(`api/v1/conversations/${conv}/scheduled`)
      .catch(() => null);
    if (answer && this.conv === conv) this.here.value = answer.scheduled;
  }

  async schedule(conv: string, key: string, body: object): Promise<Scheduled> {
    const headers = { 'Idempotency-Key': key };
    const { scheduled } = await this.api.post<{ scheduled: Scheduled }>(`api/v1/conversations/${conv}/scheduled`, body, { headers });
    if (this.conv === conv) this.here.value = [...this.here.value.filter(({ id }) => id !== scheduled.id), scheduled];
    return scheduled;
  }

  async cancel(id: string): Promise<void> {
    await this.api.delete(`api/v1/scheduled/${id}`);
    this.here.value = this.here.value.filter((one) => one.id !== id);
  }

  private keep(seconds: number): void {
    this.seconds.value = seconds;
    try {
      this.shelf?.setItem(this.key(), String(seconds));
    } catch {
      // a full shelf: the server's word comes a moment after the page
    }
  }

  private key(): string {
    return `monodesk.undo-send.${this.me}`;
  }

  /** What has gone by now waits no more. */
  passed(now: number): void {
    if (this.here.peek().some(({ due_at: due }) => due <= now)) this.here.value = this.here.peek().filter(({ due_at: due }) => due > now);
  }
}
