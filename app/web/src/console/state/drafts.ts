/** What an agent is writing, per conversation: his words outlive a reload and are nobody else's, files go up meanwhile. */
import { type Signal, signal } from '@preact/signals';
import type { Api } from '../../kit/api';
import type { Random } from '../../kit/clock';
import type { Attachment } from '../../kit/frames';
import { FILES_MAX } from '../../kit/frames';
import { reason } from './session';

export interface Upload {
  readonly key: string;
  readonly name: string;
  readonly size: number;
  readonly image: boolean;
  /** From 0 to 1. */
  readonly progress: number;
  /** Set when it has arrived. */
  readonly attachment: Attachment | null;
  readonly why: string | null;
}

export interface Draft {
  readonly text: string;
  readonly note: boolean;
  readonly uploads: readonly Upload[];
}

const EMPTY: Draft = { text: '', note: false, uploads: [] };

export class Drafts {
  private readonly held = new Map<string, Signal<Draft>>();
  private readonly running = new Map<string, AbortController>();

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
    this.change(conv, EMPTY);
  }

  /** Starts to upload files; returns how many had no room. */
  attach(conv: string, files: readonly File[]): number {
    const room = Math.max(0, FILES_MAX - this.of(conv).value.uploads.length);
    for (const file of files.slice(0, room)) void this.upload(conv, file);
    return Math.max(0, files.length - room);
  }

  remove(conv: string, key: string): void {
    this.running.get(key)?.abort();
    this.change(conv, { uploads: this.of(conv).value.uploads.filter((upload) => upload.key !== key) });
  }

  private async upload(conv: string, file: File): Promise<void> {
    const key = this.random.hex(8);
    const aborter = new AbortController();
    const image = file.type.startsWith('image/');
    const started: Upload = { key, name: file.name, size: file.size, image, progress: 0, attachment: null, why: null };
    this.running.set(key, aborter);
    this.change(conv, { uploads: [...this.of(conv).value.uploads, started] });
    try {
      const progress = (part: number): void => this.note(conv, key, { progress: part });
      const attachment = await this.api.upload<Attachment>('api/v1/files', file, progress, aborter.signal);
      this.note(conv, key, { progress: 1, attachment });
    } catch (error) {
      // An upload that the agent removed is no longer listed, so nothing is noted.
      this.note(conv, key, { why: reason(error) });
    }
    this.running.delete(key);
  }

  private note(conv: string, key: string, change: Partial<Upload>): void {
    const uploads = this.of(conv).value.uploads.map((upload) =>
      upload.key === key ? { ...upload, ...change } : upload,
    );
    this.change(conv, { uploads });
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

/** The page's session storage, or null where the browser refuses it. */
export function sessionStorageOrNull(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}
