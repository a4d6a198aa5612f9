import './testing/browser';
import { describe, expect, it } from 'vitest';
import { Problem } from './api';
import type { Attachment } from './frames';
import type { KeptFile, KeptFiles } from './kept';
import { ManualClock, seeded } from './testing/clock';
import type { UploadLine, UploadState } from './tus';
import { PIECE_BYTES, Uploads } from './uploads';

const offline = (): Problem => new Problem('offline', 'No connection.', 0);

interface Held {
  name: string;
  size: number;
  parts: Blob[];
  offset: number;
  file: Attachment | null;
}

/** A server's uploads over plain maps; `faults` are thrown by the next requests, after so many bytes were taken. */
class ModelUploads implements UploadLine {
  readonly held = new Map<string, Held>();
  readonly asked: string[] = [];
  readonly ended: string[] = [];
  faults: { error: Error; after: number }[] = [];
  /** Requests wait here, so that a test can look at what runs. */
  gate: Promise<void> = Promise.resolve();
  private count = 0;

  async begin(name: string, size: number, bytes: Blob | null, sent: (bytes: number) => void): Promise<UploadState> {
    this.asked.push(bytes === null ? 'begin' : 'begin with all');
    const id = `u${(this.count += 1)}`;
    const held: Held = { name, size, parts: [], offset: 0, file: null };
    await this.take(held, bytes, sent);
    this.held.set(id, held);
    return this.told(id, held);
  }

  async state(id: string): Promise<UploadState> {
    this.asked.push('state');
    const held = this.held.get(id);
    if (held === undefined) throw new Problem('not_found', 'Gone.', 404);
    return this.told(id, held);
  }

  async append(id: string, offset: number, bytes: Blob, sent: (bytes: number) => void, signal: AbortSignal): Promise<void> {
    this.asked.push(`append ${offset}`);
    await this.gate;
    if (signal.aborted) throw new DOMException('aborted', 'AbortError');
    const held = this.held.get(id);
    if (held === undefined) throw new Problem('not_found', 'Gone.', 404);
    if (held.offset !== offset) throw new Problem('upload_offset', 'Elsewhere.', 409);
    await this.take(held, bytes, sent);
  }

  async end(id: string): Promise<void> {
    this.ended.push(id);
    this.held.delete(id);
  }

  /** What arrived, whole. */
  async content(id: string): Promise<string> {
    return new Blob(this.held.get(id)?.parts ?? []).text();
  }

  private async take(held: Held, bytes: Blob | null, sent: (bytes: number) => void): Promise<void> {
    const fault = this.faults.shift();
    const part = bytes?.slice(0, fault?.after ?? bytes.size) ?? new Blob();
    if (part.size > 0) {
      held.parts.push(part);
      held.offset += part.size;
      sent(part.size);
    }
    if (fault !== undefined) throw fault.error;
    if (held.offset === held.size) {
      held.file = { id: `f-${held.name}`, name: held.name, type: 'text/plain', size: held.size, width: 0, height: 0 };
    }
  }

  private told(id: string, { offset, size, file }: Held): UploadState {
    return { id, offset, size, file };
  }
}

/** A tab's storage that a second page of the same tab reads again. */
class KeptInMemory implements KeptFiles {
  files: readonly KeptFile[] = [];
  readonly blobs = new Map<string, Blob>();
  list = (): readonly KeptFile[] => this.files;
  write = (files: readonly KeptFile[]): void => void (this.files = files);
  keep = async (key: string, bytes: Blob): Promise<void> => void this.blobs.set(key, bytes);
  bytes = async (key: string): Promise<Blob | null> => this.blobs.get(key) ?? null;
  drop = (key: string): void => void this.blobs.delete(key);
}

function page(line = new ModelUploads(), kept = new KeptInMemory()) {
  const clock = new ManualClock();
  const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
  const uploads = new Uploads({ line, kept, clock, random: seeded(7), reason, lostText: () => 'Choose it again.' });
  /** Lets everything happen that is due, waiting times included. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 60; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve));
      clock.advance(1_000);
    }
  };
  return { uploads, line, kept, clock, settle };
}

function file(name: string, size: number): File {
  return new File(['0123456789'.repeat(size / 10)], name, { type: 'text/plain' });
}

const LARGE = 2 * PIECE_BYTES + 1_000_000 - ((2 * PIECE_BYTES) % 10);

describe('uploads', () => {
  it('send a small file with the request that begins it', async () => {
    const { uploads, line, settle } = page();
    uploads.add([file('a.txt', 100)]);
    expect(uploads.ready()).toBe(false);
    await settle();
    expect(line.asked).toEqual(['begin with all']);
    expect(uploads.take().map(({ id }) => id)).toEqual(['f-a.txt']);
    expect(uploads.list.value).toEqual([]);
  });

  it('send a large one in pieces and tell how far they are', async () => {
    const { uploads, line, settle } = page();
    const progress: number[] = [];
    uploads.list.subscribe(([one]) => one && progress.push(one.progress));
    uploads.add([file('a.txt', LARGE)]);
    await settle();
    expect(line.asked).toEqual(['begin', 'append 0', `append ${PIECE_BYTES}`, `append ${2 * PIECE_BYTES}`, 'state']);
    expect(progress).toEqual([...progress].sort((one, other) => one - other));
    expect(uploads.list.value[0]?.done?.size).toBe(LARGE);
  });

  it('go on where the line was cut, for as long as it takes', async () => {
    const { uploads, line, settle } = page();
    line.faults = [{ error: offline(), after: 0 }, { error: offline(), after: 0 }, ...Array.from({ length: 9 }, () => ({ error: offline(), after: 100_003 }))];
    const waited: boolean[] = [];
    uploads.list.subscribe(([one]) => one && waited.push(one.waiting));
    const sent = file('a.txt', LARGE);
    uploads.add([sent]);
    await settle();
    await settle();
    expect(uploads.list.value[0]?.done?.size).toBe(LARGE);
    expect(line.held.size).toBe(1);
    expect((await line.content([...line.held.keys()][0] ?? '')) === (await sent.text())).toBe(true);
    expect(waited).toContain(true);
    expect(waited.at(-1)).toBe(false);
  });

  it('begin anew when the server has forgotten them', async () => {
    const { uploads, line, settle } = page();
    let open = (): void => undefined;
    line.gate = new Promise((resolve) => (open = resolve));
    uploads.add([file('a.txt', LARGE)]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    line.held.clear();
    open();
    await settle();
    expect(line.asked.slice(0, 4)).toEqual(['begin', 'append 0', 'begin', 'append 0']);
    expect(uploads.list.value[0]?.done?.size).toBe(LARGE);
  });

  it('tell a refusal at once and send it again when asked to', async () => {
    const { uploads, line, settle } = page();
    line.faults = [{ error: new Problem('file_type', 'Not this kind.', 415), after: 0 }];
    uploads.add([file('a.txt', 100)]);
    await settle();
    expect(uploads.list.value[0]?.failed).toBe('Not this kind.');
    expect(line.asked).toHaveLength(1);
    uploads.retry(uploads.list.value[0]?.key ?? '');
    await settle();
    expect(uploads.list.value[0]?.done).not.toBe(null);
  });

  it('give a server up that fails again and again', async () => {
    const { uploads, line, settle } = page();
    line.faults = Array.from({ length: 50 }, () => ({ error: new Problem('http_502', 'Bad gateway.', 502), after: 0 }));
    uploads.add([file('a.txt', 100)]);
    await settle();
    expect(uploads.list.value[0]?.failed).toBe('Bad gateway.');
    expect(line.asked).toHaveLength(5);
  });

  it('survive a reload, with their bytes', async () => {
    const first = page();
    first.line.faults = [{ error: offline(), after: 0 }, { error: offline(), after: 5_000_000 }];
    first.uploads.add([file('done.txt', 100), file('a.txt', LARGE)]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    first.clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
    first.line.faults = Array.from({ length: 500 }, () => ({ error: offline(), after: 0 }));
    const again = page(first.line, first.kept);
    again.line.faults = [];
    again.uploads.restore();
    expect(again.uploads.list.value.map(({ name }) => name)).toEqual(['done.txt', 'a.txt']);
    await again.settle();
    expect(again.uploads.take().map(({ name }) => name)).toEqual(['done.txt', 'a.txt']);
    expect(again.kept.files).toEqual([]);
    expect(again.kept.blobs.size).toBe(0);
  });

  it('say so when the browser did not keep the bytes', async () => {
    const { uploads, kept, settle } = page();
    kept.files = [{ key: 'k', name: 'a.txt', type: '', size: 10, id: 'u9', done: null }];
    uploads.restore();
    await settle();
    expect(uploads.list.value[0]?.failed).toBe('Choose it again.');
  });

  it('leave nothing on the server when they are removed', async () => {
    const { uploads, line, kept, settle } = page();
    let open = (): void => undefined;
    line.gate = new Promise((resolve) => (open = resolve));
    uploads.add([file('a.txt', LARGE)]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    uploads.remove(uploads.list.value[0]?.key ?? '');
    open();
    await settle();
    expect(line.ended).toEqual(['u1']);
    expect(uploads.list.value).toEqual([]);
    expect(kept.files).toEqual([]);
    expect(kept.blobs.size).toBe(0);
  });

  it('take no more than a message carries', () => {
    const { uploads } = page();
    const many = Array.from({ length: 12 }, (_, number) => file(`${number}.txt`, 10));
    expect(uploads.add(many).map(({ name }) => name)).toEqual(['10.txt', '11.txt']);
  });
});
