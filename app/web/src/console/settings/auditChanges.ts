/** What an entry of the audit log says changed, fact by fact, as text. */

export interface FactChange {
  readonly name: string;
  /** Null: it was not there. */
  readonly before: string | null;
  readonly after: string | null;
}

interface Stored {
  readonly before: Record<string, unknown>;
  readonly after: Record<string, unknown>;
}

export function changes(json: string): FactChange[] {
  const { before, after } = JSON.parse(json) as Stored;
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.map((name) => ({ name, before: told(before, name), after: told(after, name) }));
}

function told(facts: Record<string, unknown>, name: string): string | null {
  if (!(name in facts)) return null;
  const value = facts[name];
  return typeof value === 'string' ? value : JSON.stringify(value);
}
