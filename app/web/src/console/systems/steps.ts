/** The steps of a map, field by field. */
import type { Step } from './model';

export interface FieldSteps {
  /** The field that is made. */
  readonly path: string;
  /** Which parts of the input it took. */
  readonly took: readonly string[];
  /** What was done to it, and what there was after that. */
  readonly done: readonly { readonly rule: string; readonly value: string }[];
  readonly leftOut: boolean;
  readonly failed: { readonly en: string; readonly zh: string } | null;
}

/** Steps that make one field together, in the order in which the fields are made. */
export function byField(steps: readonly Step[]): readonly FieldSteps[] {
  const fields = new Map<string, Step[]>();
  for (const step of steps) fields.set(step.path, [...(fields.get(step.path) ?? []), step]);
  return [...fields].map(([path, own]) => ({
    path,
    took: [...new Set(own.filter(({ rule }) => rule === 'from').map(({ at }) => at))],
    done: own.filter(({ rule }) => !['from', 'result', 'left_out', 'failed'].includes(rule)).map(({ rule, value }) => ({ rule, value })),
    leftOut: own.some(({ rule }) => rule === 'left_out'),
    failed: own.find(({ rule }) => rule === 'failed') ?? null,
  }));
}
