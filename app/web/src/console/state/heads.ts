/** The heads of conversations that this agent may see: pure functions over one immutable table. */
import type { Contact, Conversation, Gone, Head, Msg, Watermark } from '../../kit/frames';

/** A row of the list: what `GET /conversations` and `head` frames tell. */
export interface Row {
  readonly conversation: Conversation;
  readonly contact: Contact | null;
  /** The visitor's messages that this agent has not read. */
  readonly unread: number;
  /** How far this agent has read here, as staff count; absent where he has not. */
  readonly readTo?: number;
  /** Where its newest head stood among the events; absent where none has told of it yet. */
  readonly pos?: number;
}

/** How far a conversation has reached the visitor and was read by either side. */
export type Marks = Pick<Conversation, 'visitor_read' | 'visitor_delivered' | 'staff_read'>;
export type Heads = ReadonlyMap<string, Row>;
export type View = 'mine' | 'unassigned' | 'all' | 'mentioned' | 'snoozed' | 'resolved';
export const VIEWS: readonly View[] = ['mine', 'unassigned', 'all', 'mentioned', 'snoozed', 'resolved'];

/** Whether a conversation belongs into a view of agent `me`; where he was mentioned its head does not say. */
export function belongs(conversation: Conversation, view: View, me: string): boolean {
  if (view === 'mentioned') return false;
  const over = conversation.status === 'resolved' || conversation.status === 'closed';
  if (view === 'resolved') return over;
  if (over) return false;
  if (view === 'snoozed' || conversation.status === 'snoozed') return view === conversation.status;
  if (view === 'mine') return conversation.assignee_id === me;
  return view === 'all' || conversation.assignee_id === null;
}

/** Rows as fetched; what a live frame told in the meantime stays, for it is newer, and read marks max-merge. */
export function merged(heads: Heads, rows: readonly Row[]): Heads {
  const next = new Map(heads);
  for (const row of rows) {
    const held = next.get(row.conversation.id);
    next.set(row.conversation.id, held ? newestOf(held, row) : row);
  }
  return next;
}

/**
 * A live head. Its version is `staff_seq`: a lower one is dropped, while its read marks max-merge. `unread`: what waits
 * in a conversation that has no row yet.
 */
export function headed(heads: Heads, frame: Head, unread = 0): Heads {
  const { conversation, contact } = frame;
  const held = heads.get(conversation.id);
  const newest = held && held.conversation.staff_seq > conversation.staff_seq ? held.conversation : conversation;
  const row: Row = {
    ...held,
    conversation: held ? withMarksOf(withMarksOf(newest, held.conversation), conversation) : newest,
    contact: contact ?? held?.contact ?? null,
    unread: held?.unread ?? unread,
    pos: Math.max(held?.pos ?? 0, frame.pos),
  };
  return new Map(heads).set(conversation.id, row);
}

/**
 * A new message of the visitor is unread unless this agent is looking at it. It comes before its head, so the row's
 * version moves along: a repetition is then known as one.
 */
export function counted(heads: Heads, frame: Msg, looking: boolean): Heads {
  const row = heads.get(frame.conv);
  if (!row || frame.seq <= row.conversation.staff_seq) return heads;
  const conversation = { ...row.conversation, staff_seq: frame.seq };
  return new Map(heads).set(frame.conv, { ...row, conversation, unread: row.unread + Number(!looking && ofVisitor(frame)) });
}

/** Whether an entry is what the server counts as unread until it was read: words of the visitor's. */
export function ofVisitor({ kind, sender }: Pick<Msg, 'kind' | 'sender'>): boolean {
  return kind === 'message' && sender.kind === 'visitor';
}

/** This agent has read everything of a conversation, up to its number `to`; what was fetched before does not know it. */
export function seen(heads: Heads, conv: string, to = 0): Heads {
  const row = heads.get(conv);
  if (!row || (row.unread === 0 && to <= (row.readTo ?? 0))) return heads;
  return new Map(heads).set(conv, { ...row, unread: 0, readTo: Math.max(to, row.readTo ?? 0) });
}

/** Read marks only grow. */
export function marked(heads: Heads, frame: Watermark): Heads {
  const row = heads.get(frame.conv);
  if (!row) return heads;
  const mark = markOf(frame);
  if (mark === null || row.conversation[mark] >= frame.seq) return heads;
  return new Map(heads).set(frame.conv, { ...row, conversation: { ...row.conversation, [mark]: frame.seq } });
}

/** Facts about a contact changed, wherever he appears. */
export function introduced(heads: Heads, contact: Contact): Heads {
  const next = new Map(heads);
  for (const [id, row] of heads) if (row.conversation.contact_id === contact.id) next.set(id, { ...row, contact });
  return next;
}

/** No longer this agent's to see, unless a head that stood after it says that it is again. */
export function without(heads: Heads, { conv, pos }: Gone): Heads {
  const row = heads.get(conv);
  if (!row || (row.pos ?? 0) > pos) return heads;
  const next = new Map(heads);
  next.delete(conv);
  return next;
}

/** Which mark of a head a watermark moves; null for one that heads do not carry. */
export function markOf({ by, what }: Watermark): keyof Marks | null {
  if (by === 'agent') return what === 'read' ? 'staff_read' : null;
  return what === 'read' ? 'visitor_read' : 'visitor_delivered';
}

function newestOf(held: Row, fetched: Row): Row {
  const newer = held.conversation.staff_seq > fetched.conversation.staff_seq;
  const other = newer ? fetched.conversation : held.conversation;
  const { pos = 0, readTo = 0 } = held;
  const unread = fetched.conversation.staff_seq <= readTo ? 0 : fetched.unread;
  const row = newer
    ? { ...held, contact: held.contact ?? fetched.contact }
    : { ...fetched, unread, pos, readTo };
  return { ...row, conversation: withMarksOf(row.conversation, other) };
}

function withMarksOf(one: Conversation, other: Marks): Conversation {
  return {
    ...one,
    visitor_read: Math.max(one.visitor_read, other.visitor_read),
    visitor_delivered: Math.max(one.visitor_delivered, other.visitor_delivered),
    staff_read: Math.max(one.staff_read, other.staff_read),
  };
}
