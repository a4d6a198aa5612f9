/** Sources for the tests of this room. */
import type { Source } from './model';

export function source(name: string, change: Partial<Source> = {}): Source {
  return {
    name, title: { en: name, zh: name }, preset: '', system: name, enabled: true, origin: 'call', to: 'orders',
    editable: true, file: `${name}.yaml`, state: 'waiting', code: '', en: '', zh: '', held_at: 1, read_until: 1,
    lag_seconds: 12, rate_per_minute: 0, counts: { fetched: 0, stored: 0, skipped: 0, failed: 0 }, letters: 0, ...change,
  };
}
