/** Canned replies: those this agent may use, found by what he types, filled with what is known. */
import { signal } from '@preact/signals';
import type { Api } from '../../kit/api';

export interface CannedReply {
  readonly id: string;
  readonly shortcut: string;
  readonly title: string;
  readonly text_en: string;
  readonly text_zh: string;
  readonly scope: 'me' | 'team' | 'all';
  readonly owner_id: string;
  readonly team_id: string | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly used: number;
}

/** What a variable stands for; empty where it is not known. */
export type Facts = Readonly<Record<Variable, string>>;
export const VARIABLES = ['contact.name', 'contact.email', 'contact.phone', 'agent.name', 'inbox.name'] as const;
export type Variable = (typeof VARIABLES)[number];

const VARIABLE = /\{\{\s*([^{}|]*?)\s*(?:\|([^{}]*))?\}\}/gu;

export class CannedReplies {
  readonly all = signal<readonly CannedReply[]>([]);
  readonly phase = signal<'idle' | 'loading' | 'ready' | 'failed'>('idle');

  constructor(private readonly api: Api) {}

  /** Fetches them anew; what was known stays on the screen meanwhile. */
  async load(): Promise<void> {
    if (this.phase.peek() !== 'ready') this.phase.value = 'loading';
    try {
      this.all.value = (await this.api.get<{ canned_replies: CannedReply[] }>('api/v1/canned-replies')).canned_replies;
      this.phase.value = 'ready';
    } catch {
      if (this.phase.peek() !== 'ready') this.phase.value = 'failed';
    }
  }

  async create(reply: Partial<CannedReply>): Promise<void> {
    await this.api.post('api/v1/canned-replies', reply);
    await this.load();
  }

  async change(id: string, change: Partial<CannedReply>): Promise<void> {
    await this.api.patch(`api/v1/canned-replies/${id}`, change);
    await this.load();
  }

  async remove(id: string): Promise<void> {
    await this.api.delete(`api/v1/canned-replies/${id}`);
    await this.load();
  }

  /** Counts that it was used; nothing hangs on it. */
  used(id: string): void {
    this.all.value = this.all.value.map((reply) => (reply.id === id ? { ...reply, used: reply.used + 1 } : reply));
    void this.api.post(`api/v1/canned-replies/${id}/used`).catch(() => undefined);
  }
}

/** Those that match, best first: by shortcut, then by title, then by text; among equals the more used. */
export function matching(replies: readonly CannedReply[], query: string): readonly CannedReply[] {
  const wanted = query.toLowerCase();
  const ranked = replies.map((reply) => ({ reply, rank: rank(reply, wanted) })).filter(({ rank: value }) => value > 0);
  ranked.sort((one, other) => other.rank - one.rank || other.reply.used - one.reply.used);
  return ranked.map(({ reply }) => reply);
}

function rank({ shortcut, title, text_en, text_zh }: CannedReply, query: string): number {
  if (query === '') return 1;
  if (shortcut.toLowerCase() === query) return 5;
  if (shortcut.toLowerCase().startsWith(query)) return 4;
  if (title.toLowerCase().includes(query)) return 3;
  return `${text_en}\n${text_zh}`.toLowerCase().includes(query) ? 2 : 0;
}

/** Its text in this language, else in the other. */
export function textIn({ text_en, text_zh }: CannedReply, language: string): string {
  return (language.startsWith('zh') ? text_zh : text_en) || text_en || text_zh;
}

/** A text with its variables filled; one that is not known says what stands behind its bar, else stays as it is. */
export function filled(text: string, facts: Facts): string {
  return text.replace(VARIABLE, (whole, name: string, otherwise: string | undefined) => {
    const known = facts[name as Variable];
    return known || (otherwise ?? whole);
  });
}

/** The first variable that nobody has filled. */
export function unfilled(text: string): string | null {
  for (const [whole, name] of text.matchAll(VARIABLE))
    if ((VARIABLES as readonly string[]).includes(name ?? '')) return whole;
  return null;
}
