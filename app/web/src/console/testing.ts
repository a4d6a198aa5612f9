/** Conversations and frames for the tests of this room. */
import type { Colleague, Contact, Conversation, Msg } from '../kit/frames';
import type { Heads, Row } from './state/heads';

export const ME = 'a'.repeat(26);

export function conversation(id: string, change: Partial<Conversation> = {}): Conversation {
  return {
    id,
    inbox_id: 'i',
    contact_id: `contact-${id}`,
    status: 'open',
    created_at: 0,
    updated_at: 0,
    seq: 1,
    staff_seq: 1,
    assignee_id: null,
    team_id: null,
    priority: 2,
    waiting_since: null,
    snoozed_until: null,
    resolved_at: null,
    close_reason: null,
    merged_into: null,
    follows: null,
    fence: 0,
    last_text: '',
    last_kind: '',
    last_note: false,
    last_at: 0,
    visitor_read: 0,
    visitor_delivered: 0,
    staff_read: 0,
    tags: [],
    attributes: {},
    ...change,
  };
}

export function contact(id: string, name = ''): Contact {
  return {
    id,
    number: 7,
    created_at: 0,
    seen_at: 0,
    name,
    email: '',
    phone: '',
    language: '',
    browser: '',
    address: '',
    attributes: {},
    organisation_id: null,
    claimed: [],
    external_id: '',
    merged_into: null,
  };
}

export function colleague(id: string, name = ''): Colleague {
  return {
    id,
    name,
    email: '',
    role: 'agent',
    availability: 'online',
    teams: [],
    language: '',
    created_at: 0,
    disabled: false, away_reason: '', availability_since: 0, capacity: 5, skills: [], languages: [],
  };
}

export function row(id: string, change: Partial<Conversation> = {}, unread = 0): Row {
  return { conversation: conversation(id, change), contact: contact(`contact-${id}`), unread };
}

export function heads(...rows: readonly Row[]): Heads {
  return new Map(rows.map((each) => [each.conversation.id, each]));
}

export function message(conv: string, seq: number, change: Partial<Msg> = {}): Msg {
  return {
    t: 'msg',
    conv,
    seq,
    id: `m${seq}`,
    kind: 'message',
    sender: { kind: 'visitor', id: 'v', name: '' },
    at: seq * 1_000,
    text: `words ${seq}`,
    ...change,
  };
}
