/** The heads of conversations that this agent may see: pure functions over one immutable table. */
import type { Contact, Conversation, Head, Msg, Watermark } from '../../kit/frames';

/** A row of the list: what `GET /conversations` and `head` frames tell. */
export interface Row {
  readonly conversation: Conversation;
  readonly contact: Contact | null;
  /** Entries that this agent has not read. */
  readonly unread: number;
}

export type Heads = ReadonlyMap<string, Row>;
export type View = 'mine' | 'unassigned' | 'all' | 'resolved';
export const VIEWS: readonly View[] = ['mine', 'unassigned', 'all', 'resolved'];

/** Whether a conversation belongs into a view of agent `me`. */
export function belongs(conversation: Conversation, view: View, me: string): boolean {
  const over = conversation.status === 'resolved' || conversation.status === 'closed';
  if (view === 'resolved') return over;
  if (over) return false;
  if (view === 'mine') return conversation.assignee_id === me;
  return view === 'all' || conversation.assignee_id === null;
}

/** Rows as fetched; what a live frame told in the meantime stays, for it is newer. */
export function merged(heads: Heads, rows: readonly Row[]): Heads {
  const next = new Map(heads);
  for (const row of rows) {
    const held = next.get(row.conversation.id);
    const newer = held !== undefined && held.conversation.staff_seq > row.conversation.staff_seq;
    next.set(row.conversation.id, newer ? { ...held, contact: held.contact ?? row.contact } : row);
  }
  return next;
}

/** A live head. Its version is `staff_seq`: a lower one is dropped, while its read marks max-merge. */
export function headed(heads: Heads, frame: Head): Heads {
  const { conversation, contact } = frame;
  const held = heads.get(conversation.id);
  const newest = held && held.conversation.staff_seq > conversation.staff_seq ? held.conversation : conversation;
  const row: Row = {
    conversation: held ? withMarksOf(withMarksOf(newest, held.conversation), conversation) : newest,
    contact: contact ?? held?.contact ?? null,
    unread: held?.unread ?? 0,
  };
  return new Map(heads).set(conversation.id, row);
}

/**
 * A new entry counts as unread unless we wrote it or are looking at it. It comes before its head, so the row's version
 * moves along: a repetition is then known as one.
 */
export function counted(heads: Heads, frame: Msg, me: string, looking: boolean): Heads {
  const row = heads.get(frame.conv);
  if (!row || frame.seq <= row.conversation.staff_seq) return heads;
  const foreign = (frame.kind === 'message' || frame.kind === 'note') && frame.sender.id !== me && !looking;
  const conversation = { ...row.conversation, staff_seq: frame.seq };
  return new Map(heads).set(frame.conv, { ...row, conversation, unread: row.unread + Number(foreign) });
}

/** This agent has read everything of a conversation. */
export function seen(heads: Heads, conv: string): Heads {
  const row = heads.get(conv);
  return row && row.unread > 0 ? new Map(heads).set(conv, { ...row, unread: 0 }) : heads;
}

/** Read marks only grow. */
export function marked(heads: Heads, frame: Watermark): Heads {
  const row = heads.get(frame.conv);
  if (!row) return heads;
  const mark = frame.by === 'agent' ? 'staff_read' : frame.what === 'read' ? 'visitor_read' : 'visitor_delivered';
  if (row.conversation[mark] >= frame.seq || (frame.by === 'agent' && frame.what !== 'read')) return heads;
  return new Map(heads).set(frame.conv, { ...row, conversation: { ...row.conversation, [mark]: frame.seq } });
}

/** Facts about a contact changed, wherever he appears. */
export function introduced(heads: Heads, contact: Contact): Heads {
  const next = new Map(heads);
  for (const [id, row] of heads) if (row.conversation.contact_id === contact.id) next.set(id, { ...row, contact });
  return next;
}

export function without(heads: Heads, conv: string): Heads {
  const next = new Map(heads);
  next.delete(conv);
  return next;
}

function withMarksOf(one: Conversation, other: Conversation): Conversation {
  return {
    ...one,
    visitor_read: Math.max(one.visitor_read, other.visitor_read),
    visitor_delivered: Math.max(one.visitor_delivered, other.visitor_delivered),
    staff_read: Math.max(one.staff_read, other.staff_read),
  };
}
