/**
 * What a person did and the server has not confirmed: kept on the device until it is, sent again with the same cid.
 *
 * One entry of a conversation is under way at a time, so that retries cannot change the order. A visitor's first
 * message has no conversation yet; those written after it wait until its ack names one.
 */
import type { Clock, Random } from './clock';
import type { Ack, Attachment, ClientFrame, Delete, Edit, Error as Refusal, Msg, Send } from './frames';

export type Command = Send | Edit | Delete;
type Unsigned<T> = T extends Command ? Omit<T, 'cid'> : never;
/** A command without its cid, which the outbox gives. */
export type Draft = Unsigned<Command>;

/** Where entries outlive a reload: one record per cid, so that tabs never overwrite each other's. */
export interface Shelf {
  all(): string[];
  put(cid: string, record: string): void;
  remove(cid: string): void;
}

/** One unconfirmed command. `files` describes the attachments for the screen, `at` is when the person acted. */
export interface Pending {
  readonly command: Command;
  readonly files: readonly Attachment[];
  readonly at: number;
  /** Sendings so far; 2 and more deserve a visible mark. */
  readonly tries: number;
  /** Why the server refused it; null while it is under way. `final`: sent again it would be refused again. */
  readonly refused: { code: string; text: string; final?: boolean } | null;
}

const ACK_MS_MAX = 5_000;
const RETRY_MS_MAX = 60_000;
export const PENDING_MAX = 200;
const RETRIED = new Set(['internal', 'unauthenticated']);

export class Outbox {
  private entries: Pending[] = [];
  /** When an entry may be sent next, in monotonic milliseconds; 0 for at once. */
  private readonly due = new Map<string, number>();
  private cancel: () => void = () => undefined;

  constructor(
    private readonly shelf: Shelf,
    private readonly clock: Clock,
    private readonly random: Random,
    /** Puts a frame on the line; false when there is none, or when it has no room yet. */
    private readonly put: (frame: ClientFrame) => boolean,
    private readonly changed: () => void,
  ) {
    const records = shelf.all().map(parsed).filter((entry): entry is Pending => entry !== null);
    this.entries = records.sort((one, other) => one.at - other.at);
  }

  /** Everything unconfirmed, in the order in which it was written. */
  pending(): readonly Pending[] {
    return this.entries;
  }

  /** Whether another command fits. */
  full(): boolean {
    return this.entries.length >= PENDING_MAX;
  }

  /** Keeps a command and sends it as soon as it may go; returns its cid. */
  add(draft: Draft, files: readonly Attachment[] = []): string {
    const command = { ...draft, cid: this.random.hex(16) } as Command;
    const latest = this.entries[this.entries.length - 1]?.at ?? 0;
    const at = Math.max(this.clock.now(), latest + 1);
    this.save([...this.entries, { command, files, at, tries: 0, refused: null }], command.cid);
    this.flush();
    return command.cid;
  }

  /** The line is up: whatever waits goes now, with the cids it always had. */
  resend(): void {
    this.due.clear();
    this.flush();
  }

  /** Confirmed: returns what was pending under this cid, no longer kept. */
  settle(cid: string, conv: string): Pending | null {
    const settled = this.find(cid);
    if (settled === null) return null;
    this.forget(cid);
    if (settled.command.t === 'send' && settled.command.conv == null) this.adopt(conv);
    this.flush();
    return settled;
  }

  /** Refused: for a while, which only postpones it, or for good, which asks the person. */
  refuse({ cid, code, text, final, retry_after_ms: retryAfter }: Refusal): void {
    const entry = this.find(cid ?? '');
    if (entry === null || cid == null) return;
    if (retryAfter != null || RETRIED.has(code)) {
      this.due.set(cid, this.clock.monotonic() + Math.max(retryAfter ?? 0, this.delay(entry.tries)));
    } else {
      this.change(cid, { refused: { code, text, final: final ?? false } });
    }
    this.flush();
  }

  /** The person tries a refused entry again: a new cid, since the old one stands for what was refused. */
  retry(cid: string, changes: Partial<Send> = {}): void {
    const entry = this.find(cid);
    if (entry === null) return;
    this.forget(cid);
    const { cid: _, ...draft } = { ...entry.command, ...changes } as Command;
    this.add(draft as Draft, entry.files);
  }

  /** The person gives an entry up; returns it. */
  discard(cid: string): Pending | null {
    const entry = this.find(cid);
    if (entry !== null) this.forget(cid);
    this.flush();
    return entry;
  }

  /** Sends the first entry of each conversation that is due and looks again when the next will be. */
  flush(): void {
    this.cancel();
    const now = this.clock.monotonic();
    let next = Infinity;
    for (const entry of this.heads()) {
      const due = this.due.get(entry.command.cid) ?? 0;
      if (due > now) next = Math.min(next, due);
      else if (this.put(entry.command)) next = Math.min(next, this.sent(entry, now));
    }
    if (next < Infinity) this.cancel = this.clock.after(next - now, () => this.flush());
  }

  stop(): void {
    this.cancel();
  }

  private heads(): Pending[] {
    const seen = new Set<string>();
    return this.entries.filter(({ command, refused }) => {
      const conv = command.conv ?? '';
      if (refused !== null || seen.has(conv)) return false;
      seen.add(conv);
      return true;
    });
  }

  private sent({ command: { cid }, tries }: Pending, now: number): number {
    const due = now + ACK_MS_MAX + (tries === 0 ? 0 : this.delay(tries));
    this.due.set(cid, due);
    this.change(cid, { tries: tries + 1 });
    return due;
  }

  /** Doubles with every try up to a minute; between half and all of it, so that clients spread. */
  private delay(tries: number): number {
    return Math.min(RETRY_MS_MAX, 500 * 2 ** Math.min(tries, 10)) * (0.5 + this.random.fraction() / 2);
  }

  /** Those never sent that waited for a conversation get the one that was opened. */
  private adopt(conv: string): void {
    for (const { command, tries } of this.entries) {
      if (command.t === 'send' && command.conv == null && tries === 0) this.change(command.cid, { command: { ...command, conv } });
    }
  }

  private find(cid: string): Pending | null {
    return this.entries.find(({ command }) => command.cid === cid) ?? null;
  }

  private change(cid: string, changes: Partial<Pending>): void {
    this.save(this.entries.map((entry) => (entry.command.cid === cid ? { ...entry, ...changes } : entry)), cid);
  }

  private save(entries: Pending[], cid: string): void {
    this.entries = entries;
    const entry = this.find(cid);
    if (entry !== null) this.shelf.put(cid, JSON.stringify(entry));
    this.changed();
  }

  private forget(cid: string): void {
    this.entries = this.entries.filter(({ command }) => command.cid !== cid);
    this.due.delete(cid);
    this.shelf.remove(cid);
    this.changed();
  }
}

/** A record of the shelf; null for one that another version or a person has spoilt. */
function parsed(record: string): Pending | null {
  try {
    const entry = JSON.parse(record) as Partial<Pending> | null;
    return typeof entry?.command?.cid === 'string' ? (entry as Pending) : null;
  } catch {
    return null;
  }
}

/** The entry a confirmed command became, as the server would send it. */
export function confirmed({ command, files }: Pending, ack: Ack, sender: Msg['sender']): Msg {
  const shared = { t: 'msg', conv: ack.conv, seq: ack.seq, id: ack.id, sender, at: ack.at, cid: ack.cid } as const;
  if (command.t === 'edit') return { ...shared, kind: 'edit', target: command.id, text: command.text };
  if (command.t === 'delete') return { ...shared, kind: 'delete', target: command.id };
  return { ...shared, kind: command.note ? 'note' : 'message', text: command.text ?? '', files: [...files], content: command.content ?? null };
}

/** A shelf in the browser's storage; where that is refused (private windows, policies), only a reload loses. */
export function browserShelf(principal: string, storage: Storage | null): Shelf {
  const prefix = `monodesk.outbox.${principal}.`;
  return {
    all() {
      if (storage === null) return [];
      const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '');
      return keys.filter((key) => key.startsWith(prefix)).map((key) => storage.getItem(key) ?? '');
    },
    put(cid, record) {
      try {
        storage?.setItem(prefix + cid, record);
      } catch {
        // full: the entry stays in memory and is sent all the same
      }
    },
    remove(cid) {
      storage?.removeItem(prefix + cid);
    },
  };
}
