/** What the pages ask the server for, and what it answers: the twin of `app/api/intents.py`. Times in ms UTC. */
import type { Desk } from '../state/desk';
import type { Words } from '../systems/model';
import type { Case, Classification, Intent, Phrase, SpokenLanguage, Texts, Tier } from './model';
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
  /** Null where no engine is at work. */
  readonly classification: Classification | null;
  readonly microseconds: number;
}

export function tryText(desk: Desk, text: string, inbox: string, language: string): Promise<Tried> {
  return desk.api.post<Tried>(`${ALL}/try`, { text, inbox_id: inbox, language });
}

/** From now on this text is this intent, or none of them where it is empty. */
export function teach(desk: Desk, text: string, intent: string, verdict: 'right' | 'this'): Promise<unknown> {
  return desk.api.post(`${ALL}/corrections`, { text, intent, verdict: intent === '' ? 'wrong' : verdict });
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
    if (classification === null) return [];
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

export const FORMATS = ['csv', 'rasa', 'dialogflow', 'yaml'] as const;
export type Format = (typeof FORMATS)[number];

interface Remark extends Words {
  /** 0: of the whole file. */
  readonly line: number;
}

/** What a file brings: all of it or, with a problem, nothing. */
export interface Brought {
  readonly format: Format;
  readonly done: boolean;
  readonly phrases: number;
  readonly duplicates: number;
  readonly created: number;
  readonly changed: number;
  readonly left: Readonly<Record<string, number>>;
  readonly warnings: readonly Remark[];
  readonly problems: readonly Remark[];
}

/** Looks at a file of intents, or takes it in; an empty format is found out. */
export async function bringFile(desk: Desk, file: Blob, format: Format | '', rehearse: boolean, sent: (bytes: number) => void, signal: AbortSignal): Promise<Brought> {
  const query = new URLSearchParams({ rehearse: rehearse ? '1' : '0', ...(format && { format }) });
  return JSON.parse(await desk.api.send('POST', `${ALL}/files?${query}`, {}, file, sent, signal)) as Brought;
}

/** Lets the browser save all intents. */
export async function takeFile(desk: Desk, format: Format): Promise<void> {
  const file = await desk.api.file(`${ALL}/files?format=${format}`);
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = `intents.${{ csv: 'csv', dialogflow: 'csv', rasa: 'yml', yaml: 'yaml' }[format]}`;
  link.click();
  URL.revokeObjectURL(address);
}

/** Something that only the shop knows: what is said where it is left out stands in `otherwise`. */
export interface Fact {
  readonly name: string;
  readonly question: Texts;
  readonly otherwise: Texts;
}

export async function starterFacts(desk: Desk): Promise<readonly Fact[]> {
  return (await desk.api.get<{ facts: readonly Fact[] }>(`${ALL}/starter`)).facts;
}

export function loadStarter(desk: Desk, facts: Readonly<Record<string, Texts>>): Promise<Brought> {
  return desk.api.post<Brought>(`${ALL}/starter`, { facts });
}

export interface Confused {
  /** Empty: out of scope. */
  readonly intent: string;
  readonly taken_for: string;
  readonly count: number;
}

export interface OfIntent {
  readonly intent: string;
  readonly support: number;
  readonly coverage: number;
  readonly precision: number;
}

export interface TierShare {
  readonly tier: Tier;
  readonly share: number;
  readonly precision: number;
}

/** Of one version, over phrases that it has not learnt; shares from 0 to 1. */
export interface Evaluation {
  readonly queries: number;
  readonly accuracy: number;
  readonly coverage: number;
  readonly precision: number;
  readonly ece: number;
  readonly tiers: readonly TierShare[];
  readonly curve: readonly Point[];
  readonly confusion: readonly Confused[];
  readonly per_intent: readonly OfIntent[];
}

/** Null before the first training. */
export async function readEvaluation(desk: Desk): Promise<Evaluation | null> {
  const versions = await listVersions(desk);
  return versions.some(({ at_work }) => at_work) ? desk.api.get<Evaluation>(`${ALL}/evaluation`) : null;
}

/** From which confidence it answers, and offers; what people chose stands over what was calibrated. */
export interface Thresholds {
  readonly answer: number;
  readonly offer: number;
  readonly chosen: { readonly answer: number | null; readonly offer: number | null };
  readonly calibrated: { readonly answer: number; readonly offer: number };
}

export function readThresholds(desk: Desk): Promise<Thresholds> {
  return desk.api.get<Thresholds>(`${ALL}/thresholds`);
}

/** Null leaves it to the version. */
export function chooseThresholds(desk: Desk, answer: number | null, offer: number | null): Promise<Thresholds> {
  return desk.api.put<Thresholds>(`${ALL}/thresholds`, { answer, offer });
}

export const CORRECTIONS = `${ALL}/corrections`;

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

/** The training that goes on, or the last one since the start of the server. */
export interface Training extends Words {
  readonly state: 'none' | 'running' | 'done' | 'refused' | 'failed';
  readonly why: string;
  readonly began_at: number;
  /** From 0 to 1. */
  readonly share: number;
  readonly version_id: string;
}

export function trainNow(desk: Desk): Promise<Training> {
  return desk.api.post<Training>(TRAINING);
}

export interface Version {
  readonly id: string;
  readonly number: number;
  readonly at: number;
  readonly agent_id: string;
  /** asked, corrections, changed. */
  readonly why: string;
  /** refused: it got fewer right of what was replayed. */
  readonly state: 'kept' | 'refused';
  readonly at_work: boolean;
  readonly model_bytes: number;
  readonly thresholds: { readonly answer: number; readonly offer: number };
  readonly measured: {
    readonly phrases: number;
    readonly intents: number;
    readonly seconds: number;
    readonly replayed: number;
    readonly before: number | null;
    readonly after: number | null;
    /** Only of one that is asked for by itself. */
    readonly held_out: Evaluation | null;
  };
}

export async function listVersions(desk: Desk): Promise<readonly Version[]> {
  return (await desk.api.get<{ versions: readonly Version[] }>(`${ALL}/versions`)).versions;
}

export async function readVersion(desk: Desk, id: string): Promise<Version> {
  return (await desk.api.get<{ version: Version }>(`${ALL}/versions/${id}`)).version;
}

export function revertTo(desk: Desk, id: string): Promise<unknown> {
  return desk.api.post(`${ALL}/versions/${id}/revert`);
}

export const REVIEW = `${ALL}/review`;

/** What solved chats suggest. */
export interface Suggestion {
  readonly id: string;
  /** Phrases for an intent, or a group of questions for a new one. */
  readonly kind: 'phrase' | 'intent';
  readonly intent: string;
  readonly texts: readonly string[];
  readonly conversations: readonly string[];
}

export interface Decision {
  readonly intent?: string;
  readonly texts?: readonly string[];
  readonly title?: Texts;
}

export function decide(desk: Desk, id: string, accept: boolean, decision: Decision = {}): Promise<unknown> {
  return desk.api.post(`${REVIEW}/${id}`, { accept, ...decision });
}

export const STATISTICS = `${ALL}/statistics`;

export interface Week {
  /** In days since 1970. */
  readonly from_day: number;
  readonly asked: number;
  /** Shares of what was asked. */
  readonly answered: number;
  readonly unknown: number;
  readonly low: number;
  readonly told_right: number;
  readonly told_wrong: number;
}

/** Of what visitors asked lately, with what agents said of it. */
export interface Statistics {
  readonly asked: number;
  readonly answered: number;
  readonly intents: readonly { readonly intent: string; readonly asked: number; readonly answered: number; readonly told_right: number; readonly told_wrong: number }[];
  readonly weeks: readonly Week[];
}
