/** Files on their way up, before a message carries them. */
import { type Signal, signal } from '@preact/signals';
import type { Api } from '../kit/api';
import { type Attachment, FILES_MAX } from '../kit/frames';

/** One chosen file: `progress` from 0 to 1, then either `done` or why it failed. */
export interface Upload {
  readonly key: number;
  readonly file: File;
  readonly progress: number;
  readonly done: Attachment | null;
  readonly failed: string | null;
}

export class Uploads {
  readonly list: Signal<readonly Upload[]> = signal([]);
  private readonly aborters = new Map<number, AbortController>();
  private keys = 0;

  constructor(private readonly api: Api) {}

  /** Starts to send files up; those over the limit of one message are returned, untouched. */
  add(files: readonly File[]): readonly File[] {
    const room = Math.max(0, FILES_MAX - this.list.value.length);
    for (const file of files.slice(0, room)) void this.start(file);
    return files.slice(room);
  }

  remove(key: number): void {
    this.aborters.get(key)?.abort();
    this.aborters.delete(key);
    this.list.value = this.list.value.filter((upload) => upload.key !== key);
  }

  retry(key: number): void {
    const upload = this.list.value.find((candidate) => candidate.key === key);
    this.remove(key);
    if (upload !== undefined) void this.start(upload.file);
  }

  /** Whether every file is up. */
  ready(): boolean {
    return this.list.value.every(({ done }) => done !== null);
  }

  /** Takes what is up, for a message. */
  take(): Attachment[] {
    const done = this.list.value.map((upload) => upload.done).filter((file): file is Attachment => file !== null);
    this.list.value = this.list.value.filter((upload) => upload.done === null);
    return done;
  }

  private async start(file: File): Promise<void> {
    const key = (this.keys += 1);
    const aborter = new AbortController();
    this.aborters.set(key, aborter);
    this.list.value = [...this.list.value, { key, file, progress: 0, done: null, failed: null }];
    try {
      const progress = (part: number): void => this.change(key, { progress: part });
      const done = await this.api.upload<Attachment>('api/v1/visitor/files', file, progress, aborter.signal);
      this.change(key, { progress: 1, done });
    } catch (error) {
      if (!aborter.signal.aborted) this.change(key, { failed: error instanceof Error ? error.message : String(error) });
    }
    this.aborters.delete(key);
  }

  private change(key: number, changes: Partial<Upload>): void {
    this.list.value = this.list.value.map((upload) => (upload.key === key ? { ...upload, ...changes } : upload));
  }
}
