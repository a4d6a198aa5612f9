/** The desk's tags: fetched once, and again where somebody uses one that is not known here yet. */
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

  constructor(private readonly api: Api) {}

  /** Fetches them anew; what was known stays on the screen meanwhile. */
  load(): Promise<void> {
    this.loading ??= this.fetch().finally(() => (this.loading = null));
    return this.loading;
  }

  /** Those of these ids that are known, in their order. */
  named(ids: readonly string[]): readonly Tag[] {
    const { value } = this.all;
    return ids.map((id) => value.get(id)).filter((tag) => tag !== undefined);
  }

  receive(frame: ServerFrame): void {
    if (frame.t !== 'head' || frame.event !== 'conversation.tags_changed') return;
    if ((frame.conversation.tags ?? []).some((id) => !this.all.peek().has(id))) void this.load();
  }

  private async fetch(): Promise<void> {
    if (this.phase.peek() !== 'ready') this.phase.value = 'loading';
    try {
      const { tags } = await this.api.get<{ tags: Tag[] }>('api/v1/tags');
      this.all.value = new Map(tags.map((tag) => [tag.id, tag]));
      this.phase.value = 'ready';
    } catch {
      if (this.phase.peek() !== 'ready') this.phase.value = 'failed';
    }
  }
}
