/** Colleagues, teams, inboxes; who is connected, who writes, which pages are being looked at. */
import { signal } from '@preact/signals';
import type { Api } from '../../kit/api';
import type { Clock } from '../../kit/clock';
import type { Colleague, ServerFrame, Viewed } from '../../kit/frames';
import { NOBODY, type Online, type Writers, cameAndWent, expired, snapshot, spoke, wrote } from './presence';

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
}

const SWEEP_MS = 1_000;
const VIEWED_MAX = 50;

export class People {
  readonly colleagues = signal<ReadonlyMap<string, Colleague>>(new Map());
  readonly teams = signal<ReadonlyMap<string, Team>>(new Map());
  readonly inboxes = signal<ReadonlyMap<string, Inbox>>(new Map());
  readonly online = signal<Online>(NOBODY);
  readonly writers = signal<Writers>(new Map());
  /** Pages opened while we were connected, newest first. */
  readonly viewed = signal<readonly Viewed[]>([]);

  private sweeping = false;

  constructor(
    private readonly api: Api,
    private readonly clock: Clock,
    private readonly me: string,
  ) {}

  async load(): Promise<void> {
    const [agents, teams, inboxes] = await Promise.all([
      this.api.get<{ agents: Colleague[] }>('api/v1/agents'),
      this.api.get<{ teams: Team[] }>('api/v1/teams'),
      this.api.get<{ inboxes: Inbox[] }>('api/v1/inboxes'),
    ]);
    this.colleagues.value = byId(agents.agents);
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
        this.colleagues.value = new Map(this.colleagues.value).set(frame.agent.id, frame.agent);
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
