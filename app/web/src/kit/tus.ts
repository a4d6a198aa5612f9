/** Uploads that go on where the line was cut: the tus protocol 1.0.0 as `api/uploads.py` speaks it. */
import { type Api, Problem } from './api';
import type { Clock } from './clock';
import type { Attachment } from './frames';

/** How far an upload is: `offset` of `size` bytes are there; `file` is what it became once all were. */
export interface UploadState {
  id: string;
  offset: number;
  size: number;
  file: Attachment | null;
}

/** What one upload asks of the server. `sent` tells how many bytes of this request are on their way. */
export interface UploadLine {
  begin(name: string, size: number, bytes: Blob | null, sent: (bytes: number) => void, signal: AbortSignal): Promise<UploadState>;
  state(id: string, signal: AbortSignal): Promise<UploadState>;
  append(id: string, offset: number, bytes: Blob, sent: (bytes: number) => void, signal: AbortSignal): Promise<void>;
  end(id: string): Promise<void>;
}

const VERSION = { 'Tus-Resumable': '1.0.0' };
const BYTES = { 'Content-Type': 'application/offset+octet-stream' };
/** A line on which nothing moves for so long is dead; the server's answer to the last byte may take longer (its disk). */
const STILL_MS = 30_000;
const ANSWER_MS = 120_000;

export class TusLine implements UploadLine {
  /** `path`: where uploads begin, e.g. `api/v1/uploads`. */
  constructor(
    private readonly api: Api,
    private readonly path: string,
    private readonly clock: Clock,
    private readonly deadText: () => string,
  ) {}

  async begin(name: string, size: number, bytes: Blob | null, sent: (bytes: number) => void, signal: AbortSignal): Promise<UploadState> {
    const said = { 'Upload-Length': String(size), 'Upload-Metadata': `filename ${base64(name)}`, ...(bytes === null ? {} : BYTES) };
    return JSON.parse(await this.send('POST', this.path, said, bytes, sent, signal)) as UploadState;
  }

  state(id: string, signal: AbortSignal): Promise<UploadState> {
    return this.api.get<UploadState>(`${this.path}/${id}`, { signal });
  }

  async append(id: string, offset: number, bytes: Blob, sent: (bytes: number) => void, signal: AbortSignal): Promise<void> {
    await this.send('PATCH', `${this.path}/${id}`, { ...BYTES, 'Upload-Offset': String(offset) }, bytes, sent, signal);
  }

  async end(id: string): Promise<void> {
    await this.api.delete(`${this.path}/${id}`, { headers: VERSION });
  }

  /** One request, given up when nothing moves. */
  private async send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    bytes: Blob | null,
    sent: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<string> {
    const aborter = new AbortController();
    const abort = (): void => aborter.abort();
    signal.addEventListener('abort', abort);
    let dead = false;
    const die = (): void => {
      dead = true;
      abort();
    };
    let cancel = this.clock.after(STILL_MS, die);
    const moved = (count: number): void => {
      cancel();
      cancel = this.clock.after(count < (bytes?.size ?? 0) ? STILL_MS : ANSWER_MS, die);
      sent(count);
    };
    try {
      return await this.api.send(method, path, { ...VERSION, ...headers }, bytes, moved, aborter.signal);
    } catch (error) {
      throw dead ? new Problem('offline', this.deadText(), 0) : error;
    } finally {
      cancel();
      signal.removeEventListener('abort', abort);
    }
  }
}

/** UTF-8 in base64; `btoa` takes bytes alone. */
function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
