/** Colleagues, teams, inboxes; who is connected, who writes, which pages are being looked at. */
import { signal } from '@preact/signals';
import type { Api } from '../../kit/api';
import type { Clock } from '../../kit/clock';
import type { Widget } from '../../kit/inbox';
import type { Colleague, ServerFrame, Viewed } from '../../kit/frames';
import { NOBODY, type Online, type Writers, cameAndWent, expired, snapshot, spoke, wrote } from './presence';
import { reason } from './session';

export interface Team {
  readonly id: string;
  readonly name: string;
}

export interface Inbox {
  readonly id: string;
  readonly name: string;
  readonly created_at: number;
  readonly origins: readonly string[];
  readonly team_id: string | null;
  readonly color: string;
  readonly greeting_en: string;
  readonly greeting_zh: string;
  readonly preview: boolean;
  readonly widget: Widget;
  readonly schedule_id: string | null;
  /** A website, or an address (`email`). */
  readonly kind?: string;
}

const SWEEP_MS = 1_000;
const VIEWED_MAX = 50;

export class People {
  readonly colleagues = signal<ReadonlyMap<string, Colleague>>(new Map());
  readonly teams = signal<ReadonlyMap<string, Team>>(new Map());
  readonly inboxes = signal<ReadonlyMap<string, Inbox>>(new Map());
  readonly online = signal<Online>(NOBODY);
  readonly writers = signal<Writers>(new Map());
  /** How many visitors are on the sites, and how often that was told: what was listed before may be old. */
  readonly site = signal({ online: 0, turn: 0 });
  /** Pages opened while we were connected, newest first. */
  readonly viewed = signal<readonly Viewed[]>([]);

  /** Why the first answer did not come; null while it is awaited or held. */
  readonly failure = signal<string | null>(null);
  readonly known = signal(false);

  private sweeping = false;
  /** Of whom the line told, and how much it had told with that. */
  private readonly told = new Map<string, number>();
  private tellings = 0;
  private asked = 0;
  private answered = 0;

  constructor(
    private readonly api: Api,
    private readonly clock: Clock,
    private readonly me: string,
  ) {}

  /** An answer takes nothing back: neither what the line told meanwhile, nor a later answer that came before it. */
  async load(): Promise<void> {
    const turn = (this.asked += 1);
    const known = this.tellings;
    this.failure.value = null;
    const [agents, teams, inboxes] = await Promise.all([
      this.api.get<{ agents: Colleague[] }>('api/v1/agents'),
      this.api.get<{ teams: Team[] }>('api/v1/teams'),
      this.api.get<{ inboxes: Inbox[] }>('api/v1/inboxes'),
    ]).catch((error: unknown) => {
      this.failure.value = reason(error);
      throw error;
    });
    this.known.value = true;
    if (turn < this.answered) return;
    this.answered = turn;
    const toldSince = [...this.colleagues.value].filter(([id]) => (this.told.get(id) ?? 0) > known);
    this.colleagues.value = new Map([...byId(agents.agents), ...toldSince]);
    this.teams.value = byId(teams.teams);
    this.inboxes.value = byId(inboxes.inboxes);
  }

  receive(frame: ServerFrame): void {
    switch (frame.t) {
      case 'snapshot':
        this.online.value = snapshot(frame);
        return;
      case 'presence':
        this.online.value = cameAndWent(this.online.value, frame);
        return;
      case 'agent_status':
        this.told.set(frame.agent.id, (this.tellings += 1));
        this.colleagues.value = new Map(this.colleagues.value).set(frame.agent.id, frame.agent);
        return;
      case 'site':
        this.site.value = { online: frame.online, turn: this.site.peek().turn + 1 };
        return;
      case 'viewed':
        this.viewed.value = [frame, ...this.viewed.value].slice(0, VIEWED_MAX);
        return;
      case 'msg':
        this.writers.value = spoke(this.writers.value, frame.conv, frame.sender.id);
        return;
      case 'writing':
        if (frame.id === this.me) return;
        this.writers.value = wrote(this.writers.value, frame, this.clock.monotonic());
        this.sweep();
    }
  }

  /** The line is gone: nobody knows who writes now. */
  lost(): void {
    this.writers.value = new Map();
  }

  /** Looks every second, and only while somebody writes. */
  private sweep(): void {
    if (this.sweeping) return;
    this.sweeping = true;
    this.clock.after(SWEEP_MS, () => {
      this.sweeping = false;
      this.writers.value = expired(this.writers.value, this.clock.monotonic());
      if (this.writers.value.size > 0) this.sweep();
    });
  }
}

function byId<T extends { readonly id: string }>(things: readonly T[]): ReadonlyMap<string, T> {
  return new Map(things.map((thing) => [thing.id, thing]));
}
