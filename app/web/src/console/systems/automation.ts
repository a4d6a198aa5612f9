/** Automations as their form has them: the twin of `app/model/automations.py`. */
import type { Action } from '../state/macros';
import type { Checked, Condition, Words } from './model';

export type Test = 'is' | 'is_not' | 'contains' | 'contains_not' | 'has' | 'has_not' | 'above' | 'below' | 'known' | 'unknown';
export type FieldKind = 'text' | 'number' | 'choice' | 'tag' | 'team' | 'agent' | 'inbox';
export type Day = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';
export const DAYS: readonly Day[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

export interface OnEvent {
  readonly on: 'event';
  readonly events: readonly string[];
}

export interface OnTime {
  readonly on: 'time';
  readonly every: string;
  readonly at: string;
  readonly zone: string;
  readonly days: readonly Day[];
}

export interface Holds {
  readonly field: string;
  readonly test: Test;
  readonly value: string;
}

export interface Form {
  readonly title: Words;
  readonly when: OnEvent | OnTime;
  readonly match: 'all' | 'any';
  readonly conditions: readonly Holds[];
  readonly actions: readonly Action[];
  readonly call: { readonly url: string; readonly private: boolean } | null;
  readonly enabled: boolean;
}

export interface Automation {
  readonly name: string;
  readonly title: Words;
  readonly enabled: boolean;
  readonly editable: boolean;
  readonly calls: boolean;
  /** Null: it was written by hand, and opens as YAML. */
  readonly form: Form | null;
  readonly state: Condition;
  readonly code: string;
  readonly en: string;
  readonly zh: string;
  readonly held_at: number;
  readonly letters: number;
}

export interface Offered {
  readonly path: string;
  readonly kind: FieldKind;
  readonly title: Words;
  /** Names, or beginnings of names, of the events that have it. */
  readonly events: readonly string[];
  readonly choices: readonly string[];
}

export interface AutomationList {
  readonly automations: readonly Automation[];
  readonly events: readonly string[];
  readonly fields: readonly Offered[];
}

export interface AutomationSaved extends Checked {
  readonly saved: boolean;
  readonly automation: Automation | null;
  /** Told this once. */
  readonly secret: string;
}

export const TESTS: Readonly<Record<FieldKind, readonly [Test, ...Test[]]>> = {
  text: ['contains', 'contains_not', 'is', 'is_not', 'known', 'unknown'],
  number: ['is', 'above', 'below'],
  choice: ['is', 'is_not'],
  tag: ['has', 'has_not'],
  team: ['is', 'is_not', 'known', 'unknown'],
  agent: ['is', 'is_not', 'known', 'unknown'],
  inbox: ['is', 'is_not'],
};

/** Whether a test holds a value against the field. */
export function takesValue(test: Test): boolean {
  return test !== 'known' && test !== 'unknown';
}

/** What all of these events have. */
export function fieldsOf(fields: readonly Offered[], when: Form['when']): readonly Offered[] {
  if (when.on === 'time') return [];
  return fields.filter((field) => when.events.every((event) => field.events.some((begins) => event === begins || (begins.endsWith('.') && event.startsWith(begins)))));
}

/** Whether something can be done with a conversation: ticket and contact events are about none, the clock neither. */
export function hasConversation(when: Form['when']): boolean {
  return when.on === 'event' && !when.events.some((event) => event.startsWith('ticket.') || event.startsWith('contact.'));
}

export const EMPTY: Form = {
  title: { en: '', zh: '' }, when: { on: 'event', events: [] }, match: 'all', conditions: [], actions: [], call: null, enabled: true,
};

/** What a name is made of: `Refunds first!` becomes `refunds-first`; of what has no Latin letters `automation`. */
export function slugOf(title: string): string {
  const slug = title.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+/, '').replace(/-+$/, '').slice(0, 32);
  return slug.replace(/-+$/, '') || 'automation';
}

export type Fault = 'title' | 'events' | 'time' | 'condition' | 'actions' | 'assign' | 'url' | null;

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const DURATION = /^[1-9][0-9]{0,8}(s|m|h|d)$/;
const ADDRESS = /^https?:\/\/[^\s/?#@]+([/?#]\S*)?$/;

/** What is still to be filled in, in the order of the form. */
export function faultOf({ title, when, conditions, actions, call }: Form): Fault {
  if (title.en.trim() === '' && title.zh.trim() === '') return 'title';
  if (when.on === 'event' && when.events.length === 0) return 'events';
  if (when.on === 'time' && !(when.at === '' ? DURATION.test(when.every) : TIME.test(when.at))) return 'time';
  if (conditions.some((one) => one.field === '' || (takesValue(one.test) && !holdable(one)))) return 'condition';
  if (call !== null) return ADDRESS.test(call.url.trim()) ? null : 'url';
  if (actions.length === 0) return 'actions';
  return actions.some((one) => one.do === 'assign' && one.agent_id === null && one.team_id === null) ? 'assign' : null;
}

function holdable({ test, value }: Holds): boolean {
  return value.trim() !== '' && ((test !== 'above' && test !== 'below') || /^-?[0-9]{1,15}(\.[0-9]{1,6})?$/.test(value.trim()));
}
