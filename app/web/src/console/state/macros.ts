/** Macros: those this agent may use, what each does, and which is being looked at. */
import { signal } from '@preact/signals';
import type { Api } from '../../kit/api';

export type Action =
  | { readonly do: 'reply'; readonly text_en: string; readonly text_zh: string }
  | { readonly do: 'note'; readonly text: string }
  | { readonly do: 'tags'; readonly add: readonly string[]; readonly remove: readonly string[] }
  | { readonly do: 'priority'; readonly priority: number }
  | { readonly do: 'assign'; readonly me: boolean; readonly agent_id: string | null; readonly team_id: string | null }
  | { readonly do: 'snooze'; readonly minutes: number | null; readonly until: number | null }
  | { readonly do: 'resolve'; readonly reason: string }
  | { readonly do: 'ticket'; readonly title: string; readonly priority: number; readonly type: string };

export interface Macro {
  readonly id: string;
  readonly name: string;
  readonly scope: 'me' | 'team' | 'all';
  readonly owner_id: string;
  readonly team_id: string | null;
  readonly actions: readonly Action[];
  readonly used: number;
}

export interface Preview {
  readonly steps: readonly { readonly action: Action; readonly text: string }[];
  readonly expected: number;
}

export class Macros {
  readonly all = signal<readonly Macro[]>([]);
  readonly phase = signal<'idle' | 'loading' | 'ready' | 'failed'>('idle');
  /** The macro whose preview is open; an empty text where one is still to be chosen, null where none is. */
  readonly open = signal<string | null>(null);

  constructor(private readonly api: Api) {}

  async load(): Promise<void> {
    if (this.phase.peek() !== 'ready') this.phase.value = 'loading';
    try {
      this.all.value = (await this.api.get<{ macros: Macro[] }>('api/v1/macros')).macros;
      this.phase.value = 'ready';
    } catch {
      if (this.phase.peek() !== 'ready') this.phase.value = 'failed';
    }
  }

  preview(conv: string, macro: string, signal: AbortSignal): Promise<Preview> {
    return this.api.post<Preview>(`api/v1/conversations/${conv}/macros/preview`, { macro_id: macro }, { signal });
  }
}

/** Those whose name holds every word of the query, the more used first. */
export function matching(macros: readonly Macro[], query: string): readonly Macro[] {
  const wanted = query.toLocaleLowerCase().split(/\s+/u).filter(Boolean);
  return macros
    .filter(({ name }) => wanted.every((word) => name.toLocaleLowerCase().includes(word)))
    .sort((one, other) => other.used - one.used || one.name.localeCompare(other.name));
}
