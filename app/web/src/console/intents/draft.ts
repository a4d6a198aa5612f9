/** How an intent is changed, and what becomes of a change when somebody else saved meanwhile. */
import type { Language } from '../../kit/i18n';
import { type Intent, PHRASE_CHARACTERS_MAX, type Phrase, type SpokenLanguage } from './model';

/** Phrases are stored one by one, beside it. */
export type Part = keyof Omit<Intent, 'name' | 'phrases'>;
const PARTS: readonly Part[] = ['title', 'rules', 'replies', 'slots', 'actions', 'cases', 'enabled', 'inbox_ids'];

export interface Merged {
  readonly intent: Intent;
  /** What both changed, differently: mine stands in `intent` until it is decided. */
  readonly both: readonly Part[];
}

export interface Pasted {
  readonly added: readonly Phrase[];
  /** Lines that were there already, or stood twice among those pasted. */
  readonly known: number;
  readonly tooLong: number;
}

/** Whether two values say the same, whatever the order of their keys. */
export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one, sorted) === JSON.stringify(other, sorted);
}

function sorted(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** What I changed put onto what somebody else saved. */
export function merged(base: Intent, mine: Intent, theirs: Intent): Merged {
  const changed = PARTS.filter((part) => !same(mine[part], base[part]));
  const intent = { ...theirs, ...Object.fromEntries(changed.map((part) => [part, mine[part]])) };
  return { intent, both: changed.filter((part) => !same(theirs[part], base[part]) && !same(theirs[part], mine[part])) };
}

/** What makes two phrases the same: width, case, blanks and stops do not. */
export function keyOf(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/[\s\p{P}]+/gu, ' ').trim();
}

/** Lines that were pasted, as phrases; what is there already is not added again. */
export function pasted(text: string, held: readonly Pick<Phrase, 'text'>[], language: SpokenLanguage | 'guess'): Pasted {
  const seen = new Set(held.map((phrase) => keyOf(phrase.text)));
  const added: Phrase[] = [];
  let known = 0;
  let tooLong = 0;
  for (const line of text.split(/\r?\n/u).map((one) => one.trim())) {
    const key = keyOf(line);
    if (key === '') continue;
    if (line.length > PHRASE_CHARACTERS_MAX) tooLong += 1;
    else if (seen.has(key)) known += 1;
    else {
      seen.add(key);
      added.push({ text: line, language: language === 'guess' ? guessed(line) : language, origin: 'own' });
    }
  }
  return { added, known, tooLong };
}

/** Chinese where its characters are no fewer than the words beside them. */
export function guessed(text: string): Language {
  const chinese = text.match(/\p{Script=Han}/gu)?.length ?? 0;
  const words = text.replace(/\p{Script=Han}/gu, ' ').match(/\p{L}+/gu)?.length ?? 0;
  return chinese > 0 && chinese >= words ? 'zh' : 'en';
}

/** Which phrases say the same as an earlier one of this intent, by their places. */
export function duplicates(phrases: readonly Pick<Phrase, 'text'>[]): ReadonlySet<number> {
  const seen = new Set<string>();
  const found = new Set<number>();
  phrases.forEach(({ text }, index) => {
    const key = keyOf(text);
    if (seen.has(key)) found.add(index);
    seen.add(key);
  });
  return found;
}

/** A list with the entry at `from` put to `to`. */
export function moved<T>(list: readonly T[], from: number, to: number): readonly T[] {
  if (from === to || to < 0 || to >= list.length) return list;
  const rest = list.filter((_, index) => index !== from);
  return [...rest.slice(0, to), list[from] as T, ...rest.slice(to)];
}

export function put<T>(list: readonly T[], index: number, one: T): readonly T[] {
  return list.map((held, at) => (at === index ? one : held));
}

export function without<T>(list: readonly T[], index: number): readonly T[] {
  return list.filter((_, at) => at !== index);
}

/** A name out of a title: `Track an order` is `track_an_order`; empty where no Latin letter is in it. */
export function nameOf(title: string): string {
  return title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, '_')
    .replace(/^[^a-z]+|_+$/gu, '')
    .slice(0, 60);
}

/** What must be mended before it can be saved; null where nothing must. */
export function faultOf(intent: Intent): { readonly part: Part; readonly index: number; readonly what: Fault } | null {
  const rule = intent.rules.findIndex(({ pattern }) => pattern.trim() === '');
  if (rule >= 0) return { part: 'rules', index: rule, what: 'empty' };
  const reply = intent.replies.findIndex(({ text }) => text.trim() === '');
  if (reply >= 0) return { part: 'replies', index: reply, what: 'empty' };
  const slot = intent.slots.findIndex(({ name }) => !/^[a-z][a-z0-9_]{0,59}$/u.test(name));
  if (slot >= 0) return { part: 'slots', index: slot, what: 'name' };
  const twice = intent.slots.findIndex(({ name }, at) => intent.slots.some((other, before) => before < at && other.name === name));
  if (twice >= 0) return { part: 'slots', index: twice, what: 'twice' };
  const choice = intent.slots.findIndex(({ kind, choices }) => kind === 'choice' && choices.length === 0);
  if (choice >= 0) return { part: 'slots', index: choice, what: 'choices' };
  const tags = intent.actions.findIndex((action) => action.do === 'tags.add' && action.tags.length === 0);
  if (tags >= 0) return { part: 'actions', index: tags, what: 'tags' };
  const team = intent.actions.findIndex((action) => action.do === 'teams.route' && action.team === '');
  if (team >= 0) return { part: 'actions', index: team, what: 'team' };
  const test = intent.cases.findIndex(({ text }) => text.trim() === '');
  return test >= 0 ? { part: 'cases', index: test, what: 'empty' } : null;
}

export type Fault = 'empty' | 'name' | 'twice' | 'choices' | 'tags' | 'team';

/** Which variables a reply may use. */
export function variables(intent: Intent): readonly string[] {
  const looked = intent.actions.some((action) => action.do === 'records.look_up');
  const ticket = intent.actions.some((action) => action.do === 'tickets.open');
  return [
    'contact.name',
    ...intent.slots.map(({ name }) => `slot.${name}`),
    ...(looked ? ['record.id', 'record.status'] : []),
    ...(ticket ? ['ticket.number'] : []),
  ];
}
