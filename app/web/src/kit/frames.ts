/**
 * The frames of `/ws` and of long-polling: the twin of `app/model/frames.py`, told apart by `t`.
 *
 * `tests/web/test_frames.py` reads this file and compares it with the Structs, so it keeps one convention: an
 * `interface` per Struct with the same name and fields in the same order, `?` where the server may leave a field out.
 * Numbers named `seq` count as the receiver counts. Times in milliseconds UTC.
 */

export const TEXT_MAX = 16_000;
export const PREVIEW_MAX = 1_000;
export const FILES_MAX = 10;
export const CONVERSATIONS_MAX = 200;
export const RANGE_MAX = 200;

// --- nouns (model/conversations.py, model/people.py) ---

export type Status = 'bot' | 'queued' | 'open' | 'waiting' | 'snoozed' | 'offline' | 'resolved' | 'closed';
export type Kind = 'message' | 'note' | 'system' | 'notice' | 'edit' | 'delete';
export type SpeakerKind = 'visitor' | 'agent' | 'bot' | 'system';

export interface Speaker {
  kind: SpeakerKind;
  id: string;
  name: string;
}

export interface Attachment {
  id: string;
  name: string;
  type: string;
  size: number;
  width: number;
  height: number;
}

export interface CardButton {
  label: string;
  link: string | null;
  reply: string | null;
}

export interface Card {
  title: string;
  lines: string[];
  picture: string | null;
  buttons: CardButton[];
}

export interface Content {
  cards: Card[];
  replies: string[];
}

export interface Conversation {
  id: string;
  inbox_id: string;
  contact_id: string;
  status: Status;
  created_at: number;
  updated_at: number;
  seq: number;
  staff_seq: number;
  assignee_id: string | null;
  team_id: string | null;
  priority: number;
  waiting_since: number | null;
  snoozed_until: number | null;
  resolved_at: number | null;
  close_reason: string | null;
  merged_into: string | null;
  follows: string | null;
  fence: number;
  last_text: string;
  last_kind: string;
  last_note: boolean;
  last_at: number;
  visitor_read: number;
  visitor_delivered: number;
  staff_read: number;
  tags: string[];
  attributes: Record<string, string>;
}

export interface Contact {
  id: string;
  number: number;
  created_at: number;
  seen_at: number;
  name: string;
  email: string;
  phone: string;
  language: string;
  browser: string;
  address: string;
  attributes: Record<string, string>;
  claimed: string[];
  external_id: string;
  merged_into: string | null;
  organisation_id: string | null;
}

export interface Colleague {
  id: string;
  name: string;
  email: string;
  role: string;
  availability: string;
  teams: string[];
  language: string;
  created_at: number;
  disabled: boolean;
  away_reason: string;
  availability_since: number;
  capacity: number;
  skills: string[];
  languages: string[];
}

/** Why routing chose this agent. */
export interface Why {
  rule: string;
  load?: number;
  capacity?: number;
  candidates?: number;
  waited_ms?: number;
  language?: string;
  skills?: string[];
  holder?: string;
}

/** A conversation that is put before an agent until a deadline. */
export interface Offer {
  id: string;
  conversation_id: string;
  agent_id: string;
  kind: 'assignment' | 'offer' | 'transfer';
  state: 'open' | 'accepted' | 'refused' | 'expired' | 'withdrawn';
  made_at: number;
  deadline_at: number;
  why: Why;
  number: number;
  from_id: string | null;
  note: string;
  ended_at: number | null;
  answer: string;
  contact_id: string;
  contact: string;
  line: string;
}

export interface Ticket {
  id: string;
  number: number;
  version: number;
  title: string;
  description: string;
  status: string;
  priority: number;
  type: string;
  contact_id: string | null;
  assignee_id: string | null;
  team_id: string | null;
  due_at: number | null;
  author_id: string;
  created_at: number;
  updated_at: number;
  done_at: number | null;
  entries: number;
  merged_into: string | null;
  merged_at: number | null;
  fields: Record<string, string>;
  category: string;
}

export interface Viewer {
  id: string;
  composing: boolean;
}

/** Something that an administrator should do something about. */
export interface Alert {
  code: string;
  level: 'info' | 'warning' | 'danger';
  en: string;
  zh: string;
}

/** A backup that is being made, or the last one; `share` of 1. */
export interface BackupRun {
  state: 'running' | 'done' | 'failed';
  began_at: number;
  share: number;
  en: string;
  zh: string;
}

// --- from a client ---

export interface Hello {
  t: 'hello';
  inbox?: string | null;
  token?: string | null;
}

export interface Resume {
  t: 'resume';
  epoch?: string;
  convs?: Record<string, number>;
  pos?: number | null;
}

export interface Send {
  t: 'send';
  cid: string;
  conv?: string | null;
  text?: string;
  files?: string[];
  note?: boolean;
  expected?: number | null;
  content?: Content | null;
  mentions?: string[];
}

export interface Edit {
  t: 'edit';
  cid: string;
  conv: string;
  id: string;
  text: string;
}

export interface Delete {
  t: 'delete';
  cid: string;
  conv: string;
  id: string;
}

export interface Fetch {
  t: 'fetch';
  conv: string;
  first: number;
  last: number;
}

export interface Read {
  t: 'read';
  conv: string;
  seq: number;
}

export interface Delivered {
  t: 'delivered';
  conv: string;
  seq: number;
}

export interface Typing {
  t: 'typing';
  conv: string;
  on: boolean;
  text?: string;
}

export interface Viewing {
  t: 'viewing';
  conv: string;
  on: boolean;
  composing?: boolean;
}

export interface Page {
  t: 'page';
  url: string;
  title?: string;
  referrer?: string;
}

export interface Pong {
  t: 'pong';
}

export type ClientFrame = Hello | Resume | Send | Edit | Delete | Fetch | Read | Delivered | Typing | Viewing | Page | Pong;

// --- from the server ---

export interface Welcome {
  t: 'welcome';
  epoch: string;
  kind: string;
  id: string;
  at: number;
}

export interface Reset {
  t: 'reset';
  epoch: string;
}

export interface Live {
  t: 'live';
  pos?: number | null;
}

export interface Msg {
  t: 'msg';
  conv: string;
  seq: number;
  id: string;
  kind: Kind;
  sender: Speaker;
  at: number;
  text?: string;
  cid?: string;
  files?: Attachment[];
  target?: string | null;
  data?: Record<string, string> | null;
  edited_at?: number | null;
  deleted?: boolean;
  pos?: number | null;
  content?: Content | null;
}

export interface Void {
  t: 'void';
  conv: string;
  first: number;
  last: number;
}

export interface Fetched {
  t: 'fetched';
  conv: string;
  first: number;
  last: number;
}

export interface Ack {
  t: 'ack';
  cid: string;
  conv: string;
  id: string;
  seq: number;
  at: number;
}

export interface Thread {
  t: 'thread';
  conv: string;
  status: Status;
  seq: number;
  created_at: number;
  agent?: string;
  visitor_read?: number;
  staff_read?: number;
}

export interface Head {
  t: 'head';
  pos: number;
  event: string;
  conversation: Conversation;
  contact?: Contact | null;
  actor?: Speaker | null;
}

export interface Gone {
  t: 'gone';
  pos: number;
  conv: string;
}

export interface Watermark {
  t: 'watermark';
  conv: string;
  what: 'read' | 'delivered';
  by: 'visitor' | 'agent';
  id: string;
  seq: number;
}

export interface Writing {
  t: 'writing';
  conv: string;
  by: string;
  id: string;
  on: boolean;
  name?: string;
  text?: string;
}

export interface Viewers {
  t: 'viewers';
  conv: string;
  viewers: Viewer[];
}

export interface Presence {
  t: 'presence';
  kind: 'visitor' | 'agent';
  online?: string[];
  offline?: string[];
}

export interface Snapshot {
  t: 'snapshot';
  contacts: string[];
  agents: string[];
}

export interface ContactUpdated {
  t: 'contact';
  pos: number;
  contact: Contact;
}

export interface TicketUpdated {
  t: 'ticket';
  pos: number;
  event: string;
  ticket: Ticket;
  actor?: Speaker | null;
}

export interface OrganisationNow {
  t: 'organisation';
  id: string;
}

export interface RecordsNow {
  t: 'records';
  contact_ids: string[];
}

export interface TagsNow {
  t: 'tags';
}

export interface TicketGone {
  t: 'ticket_gone';
  pos: number;
  ticket_id: string;
}

export interface TicketNoticesNow {
  t: 'ticket_notices';
}

export interface OffersNow {
  t: 'offers';
  offers: Offer[];
}

export interface Queue {
  t: 'queue';
  conv: string;
  position: number;
  wait_seconds?: number | null;
  /** It has waited as long as the inbox wants anybody to. */
  overdue?: boolean;
}

export interface AgentStatus {
  t: 'agent_status';
  agent: Colleague;
}

/** Visitors came, went or turned pages; `online` are on the sites now. */
export interface Site {
  t: 'site';
  online: number;
}

export interface Viewed {
  t: 'viewed';
  contact_id: string;
  url: string;
  title: string;
  at: number;
}

export interface ServerNews {
  t: 'server';
  alerts?: Alert[];
  backup?: BackupRun | null;
}

export interface Ping {
  t: 'ping';
}

export interface Error {
  t: 'error';
  code: string;
  text: string;
  cid?: string | null;
  retry_after_ms?: number | null;
  final?: boolean;
}

export type ServerFrame =
  | Welcome
  | Reset
  | Live
  | Msg
  | Void
  | Fetched
  | Ack
  | Thread
  | Head
  | Gone
  | Watermark
  | Writing
  | Viewers
  | Presence
  | Snapshot
  | ContactUpdated
  | TicketUpdated
  | TicketGone
  | TicketNoticesNow
  | OffersNow
  | Queue
  | AgentStatus
  | Viewed
  | Site
  | OrganisationNow
  | RecordsNow
  | TagsNow
  | ServerNews
  | Ping
  | Error;

/** Why a socket is closed. */
export const CloseCode = {
  GOING_AWAY: 1001,
  PROTOCOL: 1002,
  UNSUPPORTED: 1003,
  INVALID: 1007,
  ABUSE: 1008,
  TOO_BIG: 1009,
  RESTART: 1012,
  UNAUTHORISED: 4401,
  SILENT: 4002,
  OVERFLOW: 4008,
} as const;
