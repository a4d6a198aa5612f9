/** What the server tells of joined systems: the twin of `app/model/sources.py`. Times in ms UTC, 0: never. */

export interface Words {
  readonly en: string;
  readonly zh: string;
}

export type Condition = 'off' | 'starting' | 'reading' | 'waiting' | 'failing' | 'down';
export type Origin = 'call' | 'receive' | 'subscribe' | 'folder' | 'events' | 'times';

/** Of the last round that brought something. */
export interface Counts {
  readonly fetched: number;
  readonly stored: number;
  readonly skipped: number;
  readonly failed: number;
}

export interface Source {
  readonly name: string;
  readonly title: Words;
  readonly preset: string;
  /** The document that it is made of; a preset of several parts makes several sources of one. */
  readonly system: string;
  readonly enabled: boolean;
  readonly origin: Origin;
  readonly to: string;
  readonly editable: boolean;
  readonly file: string;
  readonly state: Condition;
  readonly code: string;
  readonly en: string;
  readonly zh: string;
  readonly held_at: number;
  readonly read_until: number;
  readonly lag_seconds: number | null;
  readonly rate_per_minute: number;
  readonly counts: Counts;
  readonly letters: number;
}

export interface WrongFile {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly en: string;
  readonly zh: string;
}

export interface SourceList {
  readonly sources: readonly Source[];
  readonly wrong: readonly WrongFile[];
}

export interface Drift {
  readonly path: string;
  readonly kind: 'field' | 'value' | 'type';
  readonly count: number;
  readonly example: string;
  readonly first: number;
  readonly last: number;
}

export interface SourceDetail extends Source {
  /** Empty where somebody has written it on the server, and who asks is not the owner. */
  readonly yaml: string;
  /** Where a source that is called is called. */
  readonly address: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Hosts of the own network that it may speak to. */
  readonly allow: readonly string[];
  readonly secrets: readonly { readonly name: string; readonly reference: string; readonly held: boolean }[];
  readonly drift: readonly Drift[];
}

export interface Mistake {
  readonly line: number;
  readonly column: number;
  readonly en: string;
  readonly zh: string;
}

export interface Case {
  readonly name: string;
  readonly passed: boolean;
  readonly path: string;
  readonly expected: string;
  readonly got: string;
  readonly en: string;
  readonly zh: string;
}

export interface Checked {
  readonly errors: readonly Mistake[];
  readonly cases: readonly Case[];
}

export interface Saved extends Checked {
  readonly saved: boolean;
  readonly sources: readonly Source[];
}

/** `rule` is a word of the map, or `from`, `result`, `left_out`, `failed`; `value` is JSON text. */
export interface Step {
  readonly path: string;
  readonly rule: string;
  readonly value: string;
  readonly at: string;
  readonly en: string;
  readonly zh: string;
}

export interface Failed {
  readonly path: string;
  readonly en: string;
  readonly zh: string;
}

/** `input` and `output` are JSON texts: a browser's numbers would lose digits. */
export interface Mapped {
  readonly input: string;
  readonly steps: readonly Step[];
  readonly output: string;
  readonly failure: Failed | null;
  readonly skipped: boolean;
  readonly untaken: readonly string[];
}

export interface Preview {
  readonly errors: readonly Mistake[];
  readonly records: readonly Mapped[];
  readonly total: number;
}

export interface Sample {
  readonly id: string;
  readonly at: number;
  readonly kind: 'received' | 'letter';
  readonly of: 'record' | 'document';
  readonly format: string;
  readonly text: string;
  readonly en: string;
  readonly zh: string;
}

export interface Asked {
  readonly name: string;
  readonly title: Words;
  readonly help: Words | null;
}

export interface Setting extends Asked {
  readonly type: 'text' | 'address' | 'number' | 'choice' | 'time' | 'switch';
  /** Null: it must be given. */
  readonly default: string | number | boolean | null;
  readonly choices: readonly { readonly value: string; readonly title: Words }[];
}

export interface Preset extends Asked {
  readonly group: string;
  readonly parts: readonly string[];
  readonly settings: readonly Setting[];
  readonly secrets: readonly SecretAsked[];
}

export interface SecretAsked extends Asked {
  /** The switch among the settings that must be on; empty: it is always asked for. */
  readonly when: string;
}

export interface Run {
  readonly id: string;
  readonly began_at: number;
  /** Null: it goes on, or was cut off. */
  readonly ended_at: number | null;
  readonly pages: number;
  readonly bytes: number;
  readonly waited_ms: number;
  readonly counts: Counts;
  readonly code: string;
  readonly en: string;
  readonly zh: string;
}

export interface Letter {
  readonly id: string;
  readonly at: number;
  readonly stage: string;
  readonly code: string;
  readonly path: string;
  readonly en: string;
  readonly zh: string;
  readonly format: string;
  readonly external_id: string;
  readonly attempts: number;
  readonly bytes: number;
  readonly spec: string;
}

export type Health = 'look' | 'well' | 'off';

/** What of it is to be said first: something is wrong, all is well, nobody wants it to run. */
export function healthOf({ state, letters }: Source): Health {
  if (state === 'off') return 'off';
  return state === 'failing' || state === 'down' || letters > 0 ? 'look' : 'well';
}

const WORST: Readonly<Record<Condition, number>> = { down: 0, failing: 1, reading: 2, starting: 2, waiting: 2, off: 3 };

/** By health, the worst first, then by name. */
export function byHealth(sources: readonly Source[]): readonly (readonly [Health, readonly Source[]])[] {
  const ordered = [...sources].sort((one, other) => WORST[one.state] - WORST[other.state] || one.name.localeCompare(other.name));
  return (['look', 'well', 'off'] as const)
    .map((health) => [health, ordered.filter((source) => healthOf(source) === health)] as const)
    .filter(([, some]) => some.length > 0);
}

const NAME = /^[a-z][a-z0-9-]{0,39}$/;

/** Whether a source may be called so. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** A name that is made of another and is none of these: `mall`, `mall-2`. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    if (!taken.has(name)) return name;
  }
}

/** Whether the form says all that its document does: what it cannot say would be lost when it is saved. */
export function isOfForm({ preset, editable, yaml }: SourceDetail): boolean {
  return preset !== '' && editable && !/^(?:proxy|ca|system)\s*:/m.test(yaml);
}

export type Answers = Readonly<Record<string, string | boolean>>;

/** What stands in a preset's form at first. */
export function asGiven(settings: readonly Setting[], held: Readonly<Record<string, unknown>> = {}): Answers {
  return Object.fromEntries(
    settings.map(({ name, type, default: by }) => {
      const value = held[name] ?? by;
      return [name, type === 'switch' ? value === true : value === null || value === undefined ? '' : String(value)];
    }),
  );
}

/** The form's answers as the server takes them: numbers as numbers; what is empty and has a default is left to it. */
export function asAsked(settings: readonly Setting[], answers: Answers): Record<string, string | number | boolean> {
  const given = settings.flatMap(({ name, type, default: by }): (readonly [string, string | number | boolean])[] => {
    const value = answers[name] ?? '';
    if (typeof value === 'boolean') return [[name, value]];
    const text = value.trim();
    if (text === '' && by !== null) return [];
    return [[name, type === 'number' && Number.isFinite(Number(text)) ? Number(text) : text]];
  });
  return Object.fromEntries(given);
}

/** The secrets that are asked for after these answers. */
export function secretsOf({ secrets }: Pick<Preset, 'secrets'>, answers: Answers): readonly SecretAsked[] {
  return secrets.filter(({ when }) => when === '' || answers[when] === true);
}

const ADDRESS = /^(https?|wss?):\/\/[^\s/?#@]+([/?#]\S*)?$/;
const DURATION = /^[0-9]{1,9}(ms|s|m|h|d)$/;

/** Whether an answer is one of its setting's type, as `adapters/specs/preset.py` decides it. */
export function fits({ type, default: by, choices }: Setting, answer: string | boolean | undefined): boolean {
  if (typeof answer === 'boolean') return true;
  const text = (answer ?? '').trim();
  if (text === '') return by !== null;
  if (type === 'address') return ADDRESS.test(text);
  if (type === 'time') return DURATION.test(text);
  if (type === 'number') return Number.isFinite(Number(text));
  return type !== 'choice' || choices.some(({ value }) => value === text);
}
