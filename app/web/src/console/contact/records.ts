/** Records of joined systems as a person reads them. */
import { language } from '../../kit/i18n';
import { fullTime } from '../../kit/dates';
import { t } from './recordWords';

export type RecordKind = 'order' | 'shipment' | 'customer' | 'ticket' | 'note';
type Tone = 'ok' | 'warn' | 'danger' | 'info' | 'line';

export interface OrderItem {
  readonly title?: string;
  readonly sku?: string;
  readonly quantity?: string | number;
  readonly price?: string;
  readonly options?: string | readonly string[];
}

/** What all kinds may have; which of it is there, its kind and its system say. */
export interface Body {
  readonly kind: RecordKind;
  readonly id: string;
  readonly title?: string;
  readonly name?: string;
  readonly number?: string;
  readonly status?: string;
  readonly refund?: string;
  readonly currency?: string;
  readonly total?: string;
  readonly items?: readonly OrderItem[];
  readonly parcels?: readonly { readonly carrier?: string; readonly number?: string }[];
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface StoredRecord {
  readonly id: string;
  readonly source: string;
  readonly body: Body;
  readonly at: number;
  readonly updated_at: number;
}

export interface Found {
  readonly record: StoredRecord;
  readonly by: 'external_id' | 'phone' | 'email';
  readonly proven: boolean;
}

const TONES: Readonly<Record<string, Tone>> = {
  unpaid: 'warn', to_ship: 'info', part_shipped: 'info', shipped: 'info', signed: 'ok', done: 'ok', cancelled: 'line',
  open: 'warn', waiting: 'info', refunded: 'line', refused: 'danger', unknown: 'line',
};
const SHOWN_ABOVE = new Set(['kind', 'id', 'status', 'total', 'currency', 'extra']);

/** What it is, in a few words: the first thing that was bought, the title, the name. */
export function firstLine({ items, title, name, number, id }: Body): string {
  const [first, ...others] = items ?? [];
  const bought = first?.title ?? first?.sku;
  if (bought) return others.length > 0 ? t().andMore(bought, others.length) : bought;
  return title ?? name ?? number ?? id;
}

/** `CNY 39.99`; nothing where no sum is known. */
export function moneyOf({ total, currency }: Body): string {
  return total === undefined ? '' : [currency, total].filter(Boolean).join(' ');
}

/** How far it is; a refund that goes on stands before everything else. */
export function statusOf({ status, refund }: Body): { words: string; tone: Tone } | null {
  const w = t();
  if (refund === 'open') return { words: w.refunds['open'] ?? refund, tone: 'warn' };
  if (refund === 'refunded') return { words: w.refunds['refunded'] ?? refund, tone: 'line' };
  if (status === undefined) return null;
  return { words: w.statuses[status] ?? status, tone: TONES[status] ?? 'line' };
}

/** Everything else that is known, name and value, in the order in which its system's map gives it. */
export function linesOf(body: Body): readonly (readonly [string, string])[] {
  const w = t();
  const own = Object.entries(body).filter(([name]) => !SHOWN_ABOVE.has(name));
  const extra = Object.entries(body.extra ?? {});
  return [
    ...own.map(([name, value]) => [w.fields[name] ?? name, shown(name, value)] as const),
    ...extra.map(([name, value]) => [name, shown(name, value)] as const),
  ].filter(([, value]) => value !== '');
}

function shown(name: string, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (name.endsWith('_at') && typeof value === 'string' && !Number.isNaN(Date.parse(value))) {
    return fullTime(Date.parse(value), language.value);
  }
  if (Array.isArray(value)) return value.map((one) => part(one)).join('\n');
  return part(value);
}

function part(value: unknown): string {
  if (typeof value === 'boolean') return value ? t().yes : t().no;
  if (typeof value !== 'object' || value === null) return String(value);
  const { title, sku, quantity, price, options, ...rest } = value as OrderItem & Record<string, unknown>;
  const item = [title ?? sku, [options ?? []].flat().join(' · '), quantity === undefined ? '' : `× ${quantity}`, price];
  const others = Object.entries(rest).flatMap(([key, one]) => (key === 'image' || key === 'url' ? [] : [String(one)]));
  return [...item, ...others].filter(Boolean).join('  ');
}
