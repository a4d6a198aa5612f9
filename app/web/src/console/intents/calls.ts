/** What the pages ask the server for, and what it answers: the twin of `app/api/intents.py`. Times in ms UTC. */
import type { Desk } from '../state/desk';
import type { Case, Classification, Intent, Phrase, SpokenLanguage, Tier } from './model';
import { whole } from './model';
import type { Point } from './figures';

const ALL = 'api/v1/intents';
/** As many phrases as one request may bring. */
const PHRASES_MAX = 500;

/** An intent without its phrases; `version` is the one that who saves it names. */
export interface Stored {
  readonly intent: Intent;
  readonly version: number;
  readonly phrases: number;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface StoredPhrase extends Phrase {
  readonly id: string;
  /** Other intents that have the same words: one of them is wrong. */
  readonly also: readonly string[];
}

export interface PhrasePage {
  readonly phrases: readonly StoredPhrase[];
  readonly next: string | null;
}

export interface Contradiction {
  readonly text: string;
  readonly intents: readonly string[];
}

export interface Added {
  readonly added: number;
  readonly known: number;
  readonly contradictions: readonly Contradiction[];
}

export interface PhraseQuery {
  readonly q: string;
  readonly language: SpokenLanguage;
  readonly origin: string;
}

export async function listIntents(desk: Desk): Promise<readonly Stored[]> {
  const { intents } = await desk.api.get<{ intents: readonly Stored[] }>(ALL);
  return intents.map(filled);
}

export async function readIntent(desk: Desk, name: string): Promise<Stored> {
  return filled(await desk.api.get<Stored>(`${ALL}/${name}`));
}

/** Version 0: it must not be there yet. */
export async function saveIntent(desk: Desk, intent: Intent, version: number): Promise<Stored> {
  return filled(await desk.api.put<Stored>(`${ALL}/${intent.name}`, { intent, version }));
}

export function removeIntent(desk: Desk, name: string): Promise<unknown> {
  return desk.api.delete(`${ALL}/${name}`);
}

export function readPhrases(desk: Desk, name: string, { q, language, origin }: PhraseQuery, before = '', limit = 50): Promise<PhrasePage> {
  const query = new URLSearchParams({ limit: String(limit), ...(q && { q }), ...(language && { language }), ...(origin && { origin }), ...(before && { before }) });
  return desk.api.get<PhrasePage>(`${ALL}/${name}/phrases?${query}`);
}

/** However many: in portions that the server takes. */
export async function addPhrases(desk: Desk, name: string, phrases: readonly Phrase[]): Promise<Added> {
  let told: Added = { added: 0, known: 0, contradictions: [] };
  for (let from = 0; from < phrases.length; from += PHRASES_MAX) {
    const part = await desk.api.post<Added>(`${ALL}/${name}/phrases`, { phrases: phrases.slice(from, from + PHRASES_MAX) });
    told = { added: told.added + part.added, known: told.known + part.known, contradictions: [...told.contradictions, ...part.contradictions] };
  }
  return told;
}

export function removePhrases(desk: Desk, name: string, ids: readonly string[]): Promise<unknown> {
  return desk.api.post(`${ALL}/${name}/phrases/remove`, { ids });
}

function filled(stored: Stored): Stored {
  return { ...stored, intent: whole(stored.intent) };
}

export interface Tried {
  readonly classification: Classification;
  readonly microseconds: number;
  /** From which confidence it answers by itself; 0 where no engine is at work. */
  readonly threshold: number;
}

export function tryText(desk: Desk, text: string, inbox: string, language: string): Promise<Tried> {
  return desk.api.post<Tried>(`${ALL}/try`, { text, inbox_id: inbox, language });
}

/** From now on this text is this intent; an empty one: none of them. */
export function teach(desk: Desk, text: string, intent: string): Promise<unknown> {
  return desk.api.post(`${ALL}/corrections`, { text, intent });
}

export interface RanCase extends Case {
  readonly passed: boolean;
  readonly got: string;
  readonly confidence: number;
}

/** Each case put to what is at work: passed where the visitor hears of that intent, or of none where it is none. */
export async function runCases(desk: Desk, cases: readonly Case[]): Promise<readonly RanCase[]> {
  const ran: RanCase[] = [];
  for (const one of cases) {
    const { classification } = await tryText(desk, one.text, '', '');
    const got = classification.outcome === 'hand_over' ? '' : classification.intent;
    ran.push({ ...one, got, confidence: classification.confidence, passed: one.intent === '' ? classification.outcome !== 'answer' : got === one.intent });
  }
  return ran;
}

export interface Checked {
  /** The character, counted from 1, at which it is refused; 0 where it will do. */
  readonly place: number;
  readonly en: string;
  readonly zh: string;
}

/** Whether a pattern will do. */
export function checkRule(desk: Desk, pattern: string, slots: Intent['slots'], signal: AbortSignal): Promise<Checked> {
  return desk.api.post<Checked>(`${ALL}/patterns`, { pattern, slots }, { signal });
}

export interface AuditEntry {
  readonly number: number;
  readonly at: number;
  readonly actor_name: string;
  readonly action: string;
  readonly object_name: string;
  readonly change: string;
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  readonly more: boolean;
}

export interface Brought {
  readonly lines: number;
  readonly added: number;
  readonly known: number;
  readonly created: readonly string[];
  readonly out_of_scope: number;
  readonly left_out: number;
  readonly problems: readonly { readonly line: number; readonly en: string; readonly zh: string }[];
}

/** Takes a table of phrases; intents that are not there yet are made. */
export async function bringTable(desk: Desk, table: Blob, sent: (bytes: number) => void, signal: AbortSignal): Promise<Brought> {
  const answer = await desk.api.send('POST', `${ALL}/import?create=true`, { 'Content-Type': 'text/tab-separated-values' }, table, sent, signal);
  return JSON.parse(answer) as Brought;
}

/** How an intent did in the last days. */
export interface Figures {
  readonly intent: string;
  /** Messages that it was the best guess for, and how many of them it answered. */
  readonly asked: number;
  readonly answered: number;
  readonly right: number;
  readonly wrong: number;
  /** Answered day by day, the oldest first. */
  readonly trend: readonly number[];
}

export interface Week {
  readonly week: string;
  readonly asked: number;
  readonly answered: number;
  readonly judged: number;
  readonly right: number;
  readonly confidence: number;
}

export interface Statistics {
  readonly intents: readonly Figures[];
  readonly tiers: Readonly<Partial<Record<Tier, number>>>;
  readonly weeks: readonly Week[];
  readonly per_day: number;
}

export interface Confused {
  readonly is: string;
  readonly taken_for: string;
  readonly count: number;
  readonly examples: readonly string[];
}

export interface Evaluation {
  readonly threshold: number;
  readonly curve: readonly Point[];
  readonly confusions: readonly Confused[];
  readonly held_out: number;
}

export const REVIEW = `${ALL}/review`;
export const CORRECTIONS = `${ALL}/corrections`;

export interface Suggestion {
  readonly id: string;
  /** A phrase for an intent, or a group of questions for a new one. */
  readonly kind: 'phrase' | 'intent';
  readonly intent: string;
  readonly texts: readonly string[];
  readonly count: number;
  readonly confidence: number;
}

export function acceptSuggestion(desk: Desk, id: string, body: object): Promise<unknown> {
  return desk.api.post(`${REVIEW}/${id}/accept`, body);
}

export function rejectSuggestion(desk: Desk, id: string): Promise<unknown> {
  return desk.api.post(`${REVIEW}/${id}/reject`);
}

export interface Correction {
  readonly id: string;
  readonly at: number;
  readonly conversation_id: string;
  readonly text: string;
  readonly said: string;
  readonly confidence: number;
  readonly verdict: 'right' | 'wrong' | 'this' | 'chosen';
  readonly intent: string;
  readonly agent_id: string;
}

export const TRAINING = `${ALL}/training`;

export interface Training {
  readonly state: 'idle' | 'running' | 'failed' | 'refused';
  readonly stage: string;
  /** From 0 to 1. */
  readonly done: number;
  readonly why: string;
  /** The one at work; 0 for none. */
  readonly version: number;
  readonly seconds: number;
  /** Corrections since it was trained. */
  readonly waiting: number;
}

export function trainNow(desk: Desk): Promise<unknown> {
  return desk.api.post(`${ALL}/train`);
}

export interface Version {
  readonly version: number;
  readonly at: number;
  readonly by: string;
  readonly active: boolean;
  /** Why the replay gate did not let it through; empty where it did. */
  readonly refused: string;
  readonly accuracy: number;
  readonly coverage: number;
  readonly precision: number;
  readonly threshold: number;
  readonly phrases: number;
  readonly intents: number;
  readonly seconds: number;
  readonly bytes: number;
}

export async function listVersions(desk: Desk): Promise<readonly Version[]> {
  return (await desk.api.get<{ versions: readonly Version[] }>(`${ALL}/versions`)).versions;
}

export function revertTo(desk: Desk, version: number): Promise<unknown> {
  return desk.api.post(`${ALL}/versions/${version}/revert`);
}

export function setThreshold(desk: Desk, threshold: number): Promise<unknown> {
  return desk.api.put(`${ALL}/thresholds`, { threshold });
}

export const STATISTICS = `${ALL}/statistics`;
export const EVALUATION = `${ALL}/evaluation`;
