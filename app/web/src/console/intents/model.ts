/** What is stored of an intent and told of a message: the twin of `app/model/intents.py`. */
import { type Language, language } from '../../kit/i18n';

export type SpokenLanguage = '' | Language;
/** By language; what is missing is not said. */
export type Texts = Partial<Record<Language, string>>;

export interface Phrase {
  readonly text: string;
  readonly language: SpokenLanguage;
  /** own, starter, correction, review. */
  readonly origin: string;
}

export interface Rule {
  readonly pattern: string;
  readonly language: SpokenLanguage;
  readonly inbox_id: string;
  readonly priority: number;
}

export interface CardButton {
  readonly label: string;
  readonly link?: string | null;
  readonly reply?: string | null;
}

export interface ReplyCard {
  readonly title: string;
  readonly lines: readonly string[];
  readonly picture?: string | null;
  readonly buttons: readonly CardButton[];
}

export interface Content {
  readonly cards: readonly ReplyCard[];
  readonly replies: readonly string[];
}

export interface Reply {
  readonly language: SpokenLanguage;
  readonly text: string;
  readonly content: Content | null;
}

export const SLOT_KINDS = ['text', 'number', 'order_no', 'phone', 'email', 'date', 'choice'] as const;
export type SlotKind = (typeof SLOT_KINDS)[number];

export interface Slot {
  readonly name: string;
  readonly kind: SlotKind;
  readonly ask: Texts;
  readonly again: Texts;
  readonly choices: readonly string[];
  readonly required: boolean;
  readonly tries: number;
}

export type Action =
  | { readonly do: 'records.look_up'; readonly kind: string; readonly slot: string; readonly missing: Texts }
  | { readonly do: 'tickets.open'; readonly title: Texts; readonly priority: number }
  | { readonly do: 'tags.add'; readonly tags: readonly string[] }
  | { readonly do: 'teams.route'; readonly team: string }
  | { readonly do: 'hand_over' };

export interface Case {
  readonly text: string;
  readonly intent: string;
}

export interface Intent {
  readonly name: string;
  readonly title: Texts;
  readonly phrases: readonly Phrase[];
  readonly rules: readonly Rule[];
  readonly replies: readonly Reply[];
  readonly slots: readonly Slot[];
  readonly actions: readonly Action[];
  readonly cases: readonly Case[];
  readonly enabled: boolean;
  readonly inbox_ids: readonly string[];
}

export type Outcome = 'answer' | 'offer' | 'hand_over';
export type Tier = 'confirmed' | 'rule' | 'fuzzy' | 'model' | 'pack' | 'none';
export const TIERS: readonly Tier[] = ['confirmed', 'rule', 'fuzzy', 'model', 'pack', 'none'];

export interface Candidate {
  readonly intent: string;
  readonly confidence: number;
}

export interface Near {
  readonly text: string;
  readonly intent: string;
  readonly ratio: number;
}

export interface Classification {
  readonly outcome: Outcome;
  readonly tier: Tier;
  readonly intent: string;
  readonly confidence: number;
  readonly candidates: readonly Candidate[];
  readonly rule: string;
  readonly near: readonly Near[];
  readonly margin: number;
  readonly maximum: number;
  readonly slots: Readonly<Record<string, string>>;
  readonly normalised: string;
}

export const NAME = /^[a-z][a-z0-9_]{0,59}$/;
export const PHRASE_CHARACTERS_MAX = 500;
export const REPLY_CHARACTERS_MAX = 4_000;

/** In the page's language; where that is missing, the other; where both are, the name. */
export function titled(title: Texts, name = ''): string {
  const other: Language = language.value === 'zh' ? 'en' : 'zh';
  return title[language.value] || title[other] || name;
}

export function emptyIntent(name: string, title: Texts): Intent {
  return { name, title, phrases: [], rules: [], replies: [], slots: [], actions: [], cases: [], enabled: true, inbox_ids: [] };
}

/** What the server leaves out because it is as usual, filled in. */
export function whole(intent: Partial<Intent> & Pick<Intent, 'name' | 'title'>): Intent {
  return { ...emptyIntent(intent.name, intent.title), ...intent };
}
