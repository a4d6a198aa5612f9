/**
 * What the line told that an answer on its way may not know: conversations that are gone, marks and entries of those that
 * are not in the table yet, facts about contacts.
 */
import type { Contact, Conversation, Gone, Head, Msg, Watermark } from '../../kit/frames';
import { ofVisitor } from './heads';

/** As many as there are rows; beyond it the oldest goes. */
const REMEMBERED_MAX = 5_000;

interface Loss {
  readonly pos: number;
  /** How much had been told with this one. */
  readonly count: number;
}

interface Introduction {
  readonly contact: Contact;
  readonly count: number;
}

/** Entries from the first one on: up to which number, and how many of them wait to be read. */
interface Beginning {
  readonly last: number;
  readonly unread: number;
}

export class Early {
  private readonly losses = new Map<string, Loss>();
  private readonly marks = new Map<string, readonly Watermark[]>();
  private readonly beginnings = new Map<string, Beginning>();
  private readonly introductions = new Map<string, Introduction>();
  private count = 0;

  /** Losses and introductions so far: what is asked for now knows of them. */
  get known(): number {
    return this.count;
  }

  /** A conversation is no longer this agent's to see. */
  lost({ conv, pos }: Gone): void {
    this.count += 1;
    const before = this.losses.get(conv)?.pos ?? 0;
    remember(this.losses, conv, { pos: Math.max(before, pos), count: this.count });
    this.marks.delete(conv);
    this.beginnings.delete(conv);
  }

  /** Whether a loss that stood after this head is known. The answer to an own command has no place: a loss outlasts it. */
  outlives({ conversation, pos }: Head): boolean {
    return (this.losses.get(conversation.id)?.pos ?? -1) >= pos;
  }

  /** Whether a conversation was lost after `known`: what was asked for before says nothing of it. */
  lostSince(conv: string, known: number): boolean {
    return (this.losses.get(conv)?.count ?? 0) > known;
  }

  /** Facts about a contact changed. */
  introduced(contact: Contact): void {
    this.count += 1;
    remember(this.introductions, contact.id, { contact, count: this.count });
  }

  /** What was told of a contact after `known`, or null: what was asked for before does not know it. */
  contactSince(id: string, known: number): Contact | null {
    const told = this.introductions.get(id);
    return told && told.count > known ? told.contact : null;
  }

  /** A watermark of a conversation that has no row yet. */
  mark(frame: Watermark): void {
    const waiting = this.marks.get(frame.conv) ?? [];
    const same = waiting.find(({ by, what, id }) => by === frame.by && what === frame.what && id === frame.id);
    if (same && same.seq >= frame.seq) return;
    remember(this.marks, frame.conv, [...waiting.filter((other) => other !== same), frame]);
  }

  /** An entry of a conversation that has no row yet; its head follows. */
  entry(frame: Msg): void {
    const { last, unread } = this.beginnings.get(frame.conv) ?? { last: 0, unread: 0 };
    if (frame.seq !== last + 1) return;
    remember(this.beginnings, frame.conv, { last: frame.seq, unread: unread + Number(ofVisitor(frame)) });
  }

  /** How much waits in a conversation whose every entry was told; null where only the server knows. */
  unread({ id, staff_seq: staffSeq }: Conversation): number | null {
    const told = this.beginnings.get(id);
    return told && told.last >= staffSeq ? told.unread : null;
  }

  /** A row has come: hands out the marks that waited for it and forgets that it was ever lost. */
  found(conv: string): readonly Watermark[] {
    const waiting = this.marks.get(conv) ?? [];
    this.marks.delete(conv);
    this.losses.delete(conv);
    this.beginnings.delete(conv);
    return waiting;
  }

  reset(): void {
    this.losses.clear();
    this.marks.clear();
    this.beginnings.clear();
    this.introductions.clear();
  }
}

function remember<T>(held: Map<string, T>, conv: string, thing: T): void {
  held.delete(conv);
  held.set(conv, thing);
  const [oldest] = held.keys();
  if (held.size > REMEMBERED_MAX && oldest !== undefined) held.delete(oldest);
}
