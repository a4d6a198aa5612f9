/** What a page hands over, as the server takes it: text alone, and not more than there is room for. Pure. */
import type { Claim } from './visit';

const VALUE_MAX = 1_000;
const FACT_MAX = 200;
const NAME_MAX = 60;
const DATA_MAX = 300;

/** Of `identify(user)`: name, email and phone are facts, `attributes` and whatever else stands there attributes. */
export function claimOf(user: Readonly<Record<string, unknown>>): Claim {
  const { name, email, phone, attributes, ...rest } = user;
  const own = typeof attributes === 'object' && attributes !== null ? (attributes as Readonly<Record<string, unknown>>) : {};
  return {
    name: text(name).slice(0, FACT_MAX),
    email: text(email).slice(0, FACT_MAX),
    phone: text(phone).slice(0, FACT_MAX),
    attributes: textsOf({ ...rest, ...own }, VALUE_MAX, 50),
  };
}

/** Of `event(name, data)`. */
export function dataOf(data: Readonly<Record<string, unknown>>): Record<string, string> {
  return textsOf(data, DATA_MAX, 20);
}

function textsOf(table: Readonly<Record<string, unknown>>, longest: number, most: number): Record<string, string> {
  const entries = Object.entries(table).map(([key, value]) => [key.slice(0, NAME_MAX), text(value).slice(0, longest)] as const);
  return Object.fromEntries(entries.filter(([key, value]) => key !== '' && value !== '').slice(0, most));
}

/** Texts, numbers and yes or no; anything else says nothing. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
