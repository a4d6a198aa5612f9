import { describe, expect, it } from 'vitest';
import { EMPTY, type Form, type Offered, faultOf, fieldsOf, hasConversation, slugOf } from './automation';

const offered = (path: string, ...events: string[]): Offered => ({ path, kind: 'text', title: { en: path, zh: path }, events, choices: [] });
const FIELDS = [
  offered('message.text', 'message.', 'conversation.created'), offered('ticket.title', 'ticket.'),
  offered('rating.score', 'csat.submitted'), offered('contact.name', 'message.', 'conversation.', 'ticket.', 'csat.', 'contact.'),
];
const on = (...events: string[]): Form['when'] => ({ on: 'event', events });
const RIGHT: Form = { ...EMPTY, title: { en: 'Refunds', zh: '' }, when: on('message.created'), actions: [{ do: 'resolve', reason: '' }] };

describe('an automation', () => {
  it('asks of what all of its events have', () => {
    expect(fieldsOf(FIELDS, on('message.created')).map(({ path }) => path)).toEqual(['message.text', 'contact.name']);
    expect(fieldsOf(FIELDS, on('message.created', 'ticket.created')).map(({ path }) => path)).toEqual(['contact.name']);
    expect(fieldsOf(FIELDS, on('csat.requested')).map(({ path }) => path)).toEqual(['contact.name']);
    expect(fieldsOf(FIELDS, { on: 'time', every: '1h', at: '', zone: 'UTC', days: [] })).toEqual([]);
  });

  it('does something with a conversation where there is one', () => {
    expect(hasConversation(on('message.created', 'conversation.closed'))).toBe(true);
    expect(hasConversation(on('message.created', 'ticket.created'))).toBe(false);
    expect(hasConversation({ on: 'time', every: '1h', at: '', zone: 'UTC', days: [] })).toBe(false);
  });

  it.each([
    ['', 'automation'], ['退款', 'automation'], ['Refunds first!', 'refunds-first'], ['2nd refund', 'nd-refund'], ['  Café — ', 'cafe'],
  ])('called %s stands under %s', (title, slug) => {
    expect(slugOf(title)).toBe(slug);
  });

  it.each([
    [RIGHT, null],
    [{ ...RIGHT, title: { en: ' ', zh: '' } }, 'title'],
    [{ ...RIGHT, when: on() }, 'events'],
    [{ ...RIGHT, when: { on: 'time', every: '', at: '', zone: 'UTC', days: [] } }, 'time'],
    [{ ...RIGHT, when: { on: 'time', every: '', at: '25:00', zone: 'UTC', days: [] } }, 'time'],
    [{ ...RIGHT, conditions: [{ field: 'message.text', test: 'contains', value: ' ' }] }, 'condition'],
    [{ ...RIGHT, conditions: [{ field: 'rating.score', test: 'above', value: 'three' }] }, 'condition'],
    [{ ...RIGHT, conditions: [{ field: 'contact.email', test: 'known', value: '' }] }, null],
    [{ ...RIGHT, actions: [] }, 'actions'],
    [{ ...RIGHT, actions: [{ do: 'assign', me: false, agent_id: null, team_id: null }] }, 'assign'],
    [{ ...RIGHT, actions: [], call: { url: 'https://erp.example/hook', private: false } }, null],
    [{ ...RIGHT, actions: [], call: { url: 'erp.example', private: false } }, 'url'],
  ] as const)('%# lacks what it lacks', (form, fault) => {
    expect(faultOf(form as Form)).toBe(fault);
  });
});
