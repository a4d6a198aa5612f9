/** Files on their way up that outlive a reload: what is said of them per tab, their bytes in the browser's database. */
import type { Attachment } from './frames';
import { placeOfFiles } from './storage';

/** A file as it was chosen: `id` names its upload once that has begun, `done` what it became. */
export interface KeptFile {
  readonly key: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly id: string | null;
  readonly done: Attachment | null;
}

export interface KeptFiles {
  list(): readonly KeptFile[];
  write(files: readonly KeptFile[]): void;
  /** Resolves when the bytes are kept, or cannot be. */
  keep(key: string, bytes: Blob): Promise<void>;
  bytes(key: string): Promise<Blob | null>;
  drop(key: string): void;
}

const DATABASE = 'monodesk.uploads';
const STORE = 'bytes';
const HOURS = 24;

/** `place` names whose they are, and where they stand. Without storage (refused by the browser) nothing is kept. */
export function keptFiles(place: string, storage: Storage | null): KeptFiles {
  return storage === null ? new NoFiles() : new BrowserFiles(placeOfFiles(place), storage);
}

export class NoFiles implements KeptFiles {
  list(): readonly KeptFile[] {
    return [];
  }
  write(): void {}
  async keep(): Promise<void> {}
  async bytes(): Promise<Blob | null> {
    return null;
  }
  drop(): void {}
}

interface Row {
  key: string;
  at: number;
  bytes: Blob;
}

class BrowserFiles implements KeptFiles {
  constructor(
    private readonly place: string,
    private readonly storage: Storage,
  ) {}

  list(): readonly KeptFile[] {
    const kept = this.storage.getItem(this.place);
    return kept === null ? [] : (JSON.parse(kept) as readonly KeptFile[]);
  }

  write(files: readonly KeptFile[]): void {
    try {
      if (files.length === 0) this.storage.removeItem(this.place);
      else this.storage.setItem(this.place, JSON.stringify(files));
    } catch {
      // full: these files do not outlive a reload
    }
  }

  async keep(key: string, bytes: Blob): Promise<void> {
    await this.change((store) => store.put({ key, at: Date.now(), bytes } satisfies Row));
  }

  async bytes(key: string): Promise<Blob | null> {
    try {
      const row = await asked<Row | undefined>((await store('readonly')).get(key));
      return row?.bytes ?? null;
    } catch {
      return null;
    }
  }

  drop(key: string): void {
    void this.change((store) => store.delete(key));
  }

  private async change(act: (store: IDBObjectStore) => IDBRequest): Promise<void> {
    try {
      await asked(act(await store('readwrite')));
    } catch {
      // refused or full: the file goes up all the same, but must be chosen again after a reload
    }
  }
}

let opened: Promise<IDBDatabase> | null = null;

async function store(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  opened ??= open();
  return (await opened).transaction(STORE, mode).objectStore(STORE);
}

async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'key' });
  const database = await asked(request);
  forgetOld(database);
  return database;
}

/** Bytes that nobody took up for a day, as the server forgets them too. */
function forgetOld(database: IDBDatabase): void {
  const before = Date.now() - HOURS * 3_600_000;
  const cursor = database.transaction(STORE, 'readwrite').objectStore(STORE).openCursor();
  cursor.onsuccess = () => {
    if (cursor.result === null) return;
    if ((cursor.result.value as Row).at < before) cursor.result.delete();
    cursor.result.continue();
  };
}

function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('storage'));
  });
}
