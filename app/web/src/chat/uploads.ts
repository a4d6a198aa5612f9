/** The files a visitor has chosen. What sends them up is fetched when he chooses one; until it is here they wait. */
import { type Signal, batch, computed, signal } from '@preact/signals';
import { systemRandom } from '../kit/clock';
import { type Attachment, FILES_MAX } from '../kit/frames';
import type { Upload, Uploads } from '../kit/uploads';

/** A file whose sender is not here yet. */
interface Waiting {
  readonly key: string;
  readonly file: File;
}

export class LateUploads {
  /** All of a message's files, in the order in which they were chosen. */
  readonly list: Signal<readonly Upload[]> = computed(() => [...(this.uploads.value?.list.value ?? []), ...this.waiting.value.map((one) => shown(one, this.lost.value))]);
  private readonly uploads: Signal<Uploads | null> = signal(null);
  private readonly waiting: Signal<readonly Waiting[]> = signal([]);
  private readonly lost = signal(false);
  private asking = false;

  /** `load` fetches the code and takes up what was on its way when the page was left, of which `kept` says whether there is any. */
  constructor(
    private readonly load: () => Promise<Uploads>,
    private readonly kept: () => boolean,
  ) {
    this.again();
  }

  /** Tries once more to fetch what is needed: there is a line now, or soon will be a file. */
  again(soon = false): void {
    if (this.uploads.value === null && (soon || this.waiting.value.length > 0 || this.kept())) void this.fetch();
  }

  /** Starts to send files up; those over the limit of one message are returned, untouched. */
  add(files: readonly File[]): readonly File[] {
    if (this.uploads.value !== null) return this.uploads.value.add(files);
    const room = Math.max(0, FILES_MAX - this.list.value.length);
    const added = files.slice(0, room).map((file) => ({ key: systemRandom.hex(8), file }));
    this.waiting.value = [...this.waiting.value, ...added];
    this.again();
    return files.slice(room);
  }

  /** Takes a file away; what of it is on the server goes too. */
  remove(key: string): void {
    this.waiting.value = this.waiting.value.filter((one) => one.key !== key);
    this.uploads.value?.remove(key);
    this.handOver();
  }

  retry(key: string): void {
    this.uploads.value?.retry(key);
  }

  /** A chosen file's bytes, where this device still has them. */
  async preview(key: string): Promise<Blob | null> {
    const waiting = this.waiting.value.find((one) => one.key === key);
    return waiting?.file ?? (await this.uploads.value?.preview(key)) ?? null;
  }

  /** Whether every file is up. */
  ready(): boolean {
    return this.list.value.every(({ done }) => done !== null);
  }

  /** Takes what is up, for a message. */
  take(): Attachment[] {
    const taken = this.uploads.value?.take() ?? [];
    this.handOver();
    return taken;
  }

  /** The draft is given up. */
  clear(): void {
    this.waiting.value = [];
    this.uploads.value?.clear();
  }

  private async fetch(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    const uploads = await this.load().catch(() => null); // asked for again when the line is back
    this.asking = false;
    batch(() => {
      this.lost.value = uploads === null;
      this.uploads.value = uploads;
      this.handOver();
    });
  }

  /** What has waited goes up under its own name, as far as there is room beside what an earlier page had begun. */
  private handOver(): void {
    const { value: uploads } = this.uploads;
    if (uploads === null || this.waiting.value.length === 0) return;
    const { value: waiting } = this.waiting;
    const over = uploads.add(waiting.map(({ file }) => file), waiting.map(({ key }) => key));
    this.waiting.value = waiting.filter(({ file }) => over.includes(file));
  }
}

function shown({ key, file: { name, size, type } }: Waiting, waiting: boolean): Upload {
  return { key, name, size, image: type.startsWith('image/'), progress: 0, waiting, done: null, failed: null, final: false };
}
