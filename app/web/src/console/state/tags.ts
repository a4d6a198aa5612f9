/** The desk's tags: fetched once, and again whenever one is changed, or used and not known here yet. */
import { signal } from '@preact/signals';
import type { Api } from '../../kit/api';
import type { ServerFrame } from '../../kit/frames';

export const COLORS = ['grey', 'blue', 'green', 'amber', 'red', 'violet'] as const;
export type Color = (typeof COLORS)[number];

export interface Tag {
  readonly id: string;
  readonly name: string;
  readonly color: Color;
  readonly created_at: number;
  readonly archived: boolean;
}

export class Tags {
  readonly all = signal<ReadonlyMap<string, Tag>>(new Map());
  readonly phase = signal<'idle' | 'loading' | 'ready' | 'failed'>('idle');
  private loading: Promise<void> | null = null;
  /** What is being fetched may have been read before the change that was told last. */
  private late = false;

  constructor(private readonly api: Api) {}

  /** Fetches them, unless that goes on already; what was known stays on the screen meanwhile. */
  load(): Promise<void> {
    this.loading ??= this.fetch();
    return this.loading;
  }

  /** As they are now or later: what was asked for before does not do. */
  renew(): Promise<void> {
    this.late = this.loading !== null;
    return this.load();
  }

  /** Those of these ids that are known, in their order. */
  named(ids: readonly string[]): readonly Tag[] {
    const { value } = this.all;
    return ids.map((id) => value.get(id)).filter((tag) => tag !== undefined);
  }

  /** A snapshot follows each time the line opens: where they are here already, a change may have been missed. */
  receive(frame: ServerFrame): void {
    if (frame.t === 'tags' || (frame.t === 'snapshot' && this.phase.peek() !== 'loading')) void this.renew();
    if (frame.t !== 'head' || frame.event !== 'conversation.tags_changed') return;
    if ((frame.conversation.tags ?? []).some((id) => !this.all.peek().has(id))) void this.renew();
  }

  private async fetch(): Promise<void> {
    if (this.phase.peek() !== 'ready') this.phase.value = 'loading';
    do {
      this.late = false;
      try {
        const { tags } = await this.api.get<{ tags: Tag[] }>('api/v1/tags');
        this.all.value = new Map(tags.map((tag) => [tag.id, tag]));
        this.phase.value = 'ready';
      } catch {
        if (this.phase.peek() !== 'ready') this.phase.value = 'failed';
      }
    } while (this.late);
    this.loading = null;
  }
}
