/** Files on their way up, before a message carries them: they survive a lost line, and a reload of the page. */
import { type Signal, signal } from '@preact/signals';
import { Problem } from './api';
import type { Clock, Random } from './clock';
import { type Attachment, FILES_MAX } from './frames';
import type { KeptFile, KeptFiles } from './kept';
import type { UploadLine } from './tus';

/**
 * One chosen file: `progress` from 0 to 1, `waiting` while the line is down; then either `done` or why it `failed`, with
 * `final` where it would fail again.
 */
export interface Upload {
  readonly key: string;
  readonly name: string;
  readonly size: number;
  readonly image: boolean;
  readonly progress: number;
  readonly waiting: boolean;
  readonly done: Attachment | null;
  readonly failed: string | null;
  readonly final: boolean;
}

export interface UploadDeps {
  line: UploadLine;
  kept: KeptFiles;
  clock: Clock;
  random: Random;
  /** What a person is told of a refusal. */
  reason: (error: unknown) => string;
  /** What he is told of a file whose bytes the browser did not keep over a reload. */
  lostText: () => string;
}

/** A request carries so much; what is behind it is safe when the next one breaks off. */
export const PIECE_BYTES = 8 * 1_048_576;
/** Up to here a file goes up with the request that begins it. */
export const SMALL_BYTES = 1_048_576;
const DELAY_MS_MAX = 10_000;
const DELAY_MS = 500;
const TRIES_MAX = 5;
const TIMEOUT = 408;
const GONE = new Set([404, 410]);

export class Uploads {
  readonly list: Signal<readonly Upload[]> = signal([]);
  private readonly aborters = new Map<string, AbortController>();
  private readonly bytes = new Map<string, Blob>();
  private readonly files = new Map<string, KeptFile>();

  constructor(private readonly deps: UploadDeps) {}

  /** Takes up what was on its way when the page was left. */
  restore(): void {
    for (const file of this.deps.kept.list()) {
      this.files.set(file.key, file);
      this.list.value = [...this.list.value, shown(file)];
      if (file.done === null) void this.restart(file.key);
    }
  }

  /** Starts to send files up, under `keys` where they are shown already; those over the limit are returned, untouched. */
  add(files: readonly File[], keys: readonly string[] = []): readonly File[] {
    const room = Math.max(0, FILES_MAX - this.list.value.length);
    files.slice(0, room).forEach((file, index) => this.choose(file, keys[index] ?? this.deps.random.hex(8)));
    return files.slice(room);
  }

  /** Takes a file away; what of it is on the server goes too. */
  remove(key: string): void {
    const file = this.files.get(key);
    this.aborters.get(key)?.abort();
    if (file !== undefined && file.id !== null && file.done === null) void this.deps.line.end(file.id).catch(() => undefined);
    this.forget(key);
  }

  retry(key: string): void {
    this.change(key, { failed: null, final: false, progress: 0 });
    void this.restart(key);
  }

  /** A chosen file's bytes, where this device still has them. */
  async preview(key: string): Promise<Blob | null> {
    return this.bytes.get(key) ?? (await this.deps.kept.bytes(key));
  }

  /** Whether every file is up. */
  ready(): boolean {
    return this.list.value.every(({ done }) => done !== null);
  }

  /** Takes what is up, for a message. */
  take(): Attachment[] {
    const done = this.list.value.filter((upload) => upload.done !== null);
    for (const { key } of done) this.forget(key);
    return done.map((upload) => upload.done).filter((file): file is Attachment => file !== null);
  }

  /** They went with a message, or the draft is given up. */
  clear(): void {
    for (const { key } of this.list.value) this.remove(key);
  }

  private choose(file: File, key: string): void {
    const chosen: KeptFile = { key, name: file.name, type: file.type, size: file.size, id: null, done: null };
    this.bytes.set(key, file);
    this.files.set(key, chosen);
    this.list.value = [...this.list.value, shown(chosen)];
    this.note(key, {});
    void this.deps.kept.keep(key, file);
    void this.start(key, file);
  }

  private async restart(key: string): Promise<void> {
    const bytes = this.bytes.get(key) ?? (await this.deps.kept.bytes(key));
    if (bytes === null) return this.change(key, { failed: this.deps.lostText(), final: true });
    this.bytes.set(key, bytes);
    await this.start(key, bytes);
  }

  private async start(key: string, bytes: Blob): Promise<void> {
    const aborter = new AbortController();
    this.aborters.set(key, aborter);
    try {
      const done = await this.send(key, bytes, aborter.signal);
      this.note(key, { done });
      this.change(key, { progress: 1, waiting: false, done });
      if (!isImage(this.files.get(key)?.type)) this.bytes.delete(key);
      this.deps.kept.drop(key);
    } catch (error) {
      // An upload that was removed is no longer listed, so nothing is noted.
      if (!aborter.signal.aborted) this.change(key, { waiting: false, failed: this.deps.reason(error), final: error instanceof Problem && error.final });
    }
    this.aborters.delete(key);
  }

  /** Until it is up: what passes is waited for, what does not is thrown. */
  private async send(key: string, bytes: Blob, signal: AbortSignal): Promise<Attachment> {
    for (let failures = 0, broken = 0; ; failures += 1) {
      try {
        const file = await this.go(key, bytes, signal, () => (failures = broken = 0));
        if (file !== null) return file;
      } catch (error) {
        if (signal.aborted || !(error instanceof Problem)) throw error;
        if (GONE.has(error.status) && this.files.get(key)?.id != null) this.note(key, { id: null });
        else if (!passes(error)) throw error;
        broken += error.status === 0 ? 0 : 1;
        if (broken >= TRIES_MAX) throw error;
        this.change(key, { waiting: true });
        await this.pause(Math.max(error.retryAfterMs ?? 0, this.delay(failures)), signal);
      }
    }
  }

  /** From where the server stands to the end of the file; null where it is whole there and yet no file. */
  private async go(key: string, bytes: Blob, signal: AbortSignal, moved: () => void): Promise<Attachment | null> {
    const { line } = this.deps;
    const tell = (offset: number) => (sent: number) => {
      if (sent > 0) moved();
      this.change(key, { waiting: false, progress: (offset + sent) / bytes.size });
    };
    const file = this.files.get(key);
    if (file === undefined) throw new Problem('removed', '', 0);
    let state =
      file.id === null
        ? await line.begin(file.name, bytes.size, bytes.size <= SMALL_BYTES ? bytes : null, tell(0), signal)
        : await line.state(file.id, signal);
    this.note(key, { id: state.id });
    while (state.file === null) {
      const { id, offset } = state;
      const piece = bytes.slice(offset, offset + PIECE_BYTES);
      await line.append(id, offset, piece, tell(offset), signal);
      state = offset + piece.size < bytes.size ? { ...state, offset: offset + piece.size } : await line.state(id, signal);
    }
    return state.file;
  }

  private delay(failures: number): number {
    return Math.min(DELAY_MS_MAX, DELAY_MS * 2 ** failures) * (0.5 + this.deps.random.fraction() / 2);
  }

  private pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = this.deps.clock.after(milliseconds, end);
      signal.addEventListener('abort', end);
    });
  }

  private forget(key: string): void {
    this.aborters.delete(key);
    this.bytes.delete(key);
    this.files.delete(key);
    this.deps.kept.drop(key);
    this.deps.kept.write([...this.files.values()]);
    this.list.value = this.list.value.filter((upload) => upload.key !== key);
  }

  private note(key: string, changes: Partial<KeptFile>): void {
    const file = this.files.get(key);
    if (file === undefined) return;
    this.files.set(key, { ...file, ...changes });
    this.deps.kept.write([...this.files.values()]);
  }

  private change(key: string, changes: Partial<Upload>): void {
    this.list.value = this.list.value.map((upload) => (upload.key === key ? { ...upload, ...changes } : upload));
  }
}

function shown({ key, name, type, size, done }: KeptFile): Upload {
  return { key, name, size, image: isImage(type), progress: done === null ? 0 : 1, waiting: false, done, failed: null, final: false };
}

/** An image is shown before it is sent, so its bytes stay at hand until then. */
function isImage(type: string | undefined): boolean {
  return type?.startsWith('image/') ?? false;
}

/** Whether a refusal passes by itself: no line, another request of ours still at it, a server that is busy. */
function passes({ status, code, retryAfterMs }: Problem): boolean {
  if (code === 'upload_offset' || code === 'upload_taken_over') return true;
  return status === 0 || status === TIMEOUT || (status >= 502 && status <= 504) || (status === 429 && retryAfterMs !== null);
}
