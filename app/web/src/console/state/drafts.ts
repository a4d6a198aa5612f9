/** What an agent is writing, per conversation: his words outlive a reload and are nobody else's, files go up meanwhile. */
import { type Signal, signal } from '@preact/signals';
import type { Api } from '../../kit/api';
import { type Random, systemClock } from '../../kit/clock';
import { keptFiles } from '../../kit/kept';
import { TusLine } from '../../kit/tus';
import { type Upload, Uploads } from '../../kit/uploads';
import { t } from '../words';
import { reason } from './session';

export interface Draft {
  readonly text: string;
  readonly note: boolean;
  readonly uploads: readonly Upload[];
}

const EMPTY: Draft = { text: '', note: false, uploads: [] };

export class Drafts {
  private readonly held = new Map<string, Signal<Draft>>();
  private readonly files = new Map<string, Uploads>();

  constructor(
    private readonly api: Api,
    private readonly random: Random,
    private readonly me: string,
    private readonly storage: Storage | null,
  ) {}

  of(conv: string): Signal<Draft> {
    const held = this.held.get(conv);
    if (held) return held;
    const made = signal<Draft>({ ...EMPTY, ...this.recall(conv) });
    this.held.set(conv, made);
    const uploads = this.uploadsOf(conv);
    uploads.list.subscribe((list) => (made.value = { ...made.value, uploads: list }));
    uploads.restore();
    return made;
  }

  write(conv: string, text: string): void {
    this.change(conv, { text });
  }

  choose(conv: string, note: boolean): void {
    this.change(conv, { note });
  }

  /** Sent: the words and files are no longer a draft; the choice of reply or note goes back to reply. */
  clear(conv: string): void {
    this.uploadsOf(conv).clear();
    this.change(conv, EMPTY);
  }

  /** Starts to upload files; returns how many had no room. */
  attach(conv: string, files: readonly File[]): number {
    return this.uploadsOf(conv).add(files).length;
  }

  remove(conv: string, key: string): void {
    this.uploadsOf(conv).remove(key);
  }

  retry(conv: string, key: string): void {
    this.uploadsOf(conv).retry(key);
  }

  private uploadsOf(conv: string): Uploads {
    const held = this.files.get(conv);
    if (held) return held;
    const made = new Uploads({
      line: new TusLine(this.api, 'api/v1/uploads', systemClock, () => t().noNetwork),
      kept: keptFiles(`${this.me}.${conv}`, this.storage),
      clock: systemClock,
      random: this.random,
      reason,
      lostText: () => t().chooseAgain,
    });
    this.files.set(conv, made);
    return made;
  }

  private change(conv: string, change: Partial<Draft>): void {
    const draft = this.of(conv);
    draft.value = { ...draft.value, ...change };
    this.keep(conv, draft.value);
  }

  private keep(conv: string, { text, note }: Draft): void {
    try {
      if (text === '' && !note) this.storage?.removeItem(this.place(conv));
      else this.storage?.setItem(this.place(conv), JSON.stringify({ text, note }));
    } catch {
      // Storage is full or refused: the draft lives as long as the page.
    }
  }

  private recall(conv: string): Partial<Draft> {
    const kept = this.storage?.getItem(this.place(conv)) ?? null;
    return kept === null ? {} : (JSON.parse(kept) as Partial<Draft>);
  }

  private place(conv: string): string {
    return `monodesk.draft.${this.me}.${conv}`;
  }
}
