/** An order or a parcel as a card for its customer, in his language: number, status, what was bought, total, link. */
import type { Card } from '../../kit/frames';
import type { Language } from '../../kit/i18n';
import { wordsIn } from './recordWords';
import { type Body, type OrderItem, moneyOf } from './records';

const TITLE_MAX = 120; // as model/conversations.py takes them
const LINE_MAX = 200;
const LINK_MAX = 2_000;
const ITEMS_MAX = 3;
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff]+/g;

/** Null for what is nothing to be shown to a customer: notes, cases and profiles are the house's own. */
export function cardOf(body: Body, language: Language): Card | null {
  if (body.kind !== 'order' && body.kind !== 'shipment') return null;
  const w = wordsIn(language).card;
  const number = body.kind === 'shipment' ? (body.number ?? body.id) : body.id;
  const link = typeof body['url'] === 'string' && isSafe(body['url']) ? body['url'] : null;
  return {
    title: fitting(w[body.kind](number), TITLE_MAX),
    lines: linesOf(body, language).map((line) => fitting(line, LINE_MAX)).filter(Boolean),
    picture: null,
    buttons: link === null ? [] : [{ label: w.open, link, reply: null }],
  };
}

function linesOf(body: Body, language: Language): readonly string[] {
  const own = body.kind === 'order' ? bought(body, language) : [String(body['carrier'] ?? '')];
  return [status(body, language), ...own].map(plain).filter(Boolean);
}

function bought(body: Body, language: Language): readonly string[] {
  const w = wordsIn(language).card;
  const items = body.items ?? [];
  const others = items.length - ITEMS_MAX;
  const sum = moneyOf(body);
  return [...items.slice(0, ITEMS_MAX).map(item), others > 0 ? w.others(others) : '', sum && w.total(sum)];
}

/** How far it is; of a refund that goes on or is done the customer knows, too. Nothing where nobody knows. */
function status({ status: said, refund }: Body, language: Language): string {
  const w = wordsIn(language);
  const far = said === undefined || said === 'unknown' ? '' : (w.statuses[said] ?? said);
  return [far, refund === undefined ? '' : w.refunds[refund]].filter(Boolean).join(' · ');
}

function item({ title, sku, quantity, options }: OrderItem): string {
  const chosen = [options ?? []].flat().join(' · ');
  return [title ?? sku, chosen, quantity === undefined ? '' : `× ${quantity}`].filter(Boolean).join('  ');
}

function plain(text: string): string {
  return text.replace(CONTROLS, ' ').trim();
}

function fitting(text: string, most: number): string {
  const said = plain(text);
  return said.length > most ? `${said.slice(0, most - 1)}…` : said;
}

/** As `chat/content.py` decides it: what it would refuse is left out here, so that the rest of the card goes. */
function isSafe(link: string): boolean {
  if (link.length > LINK_MAX || !/^https?:\/\/[\x21-\x7e]+$/.test(link) || link.includes('\\')) return false;
  const url = URL.canParse(link) ? new URL(link) : null;
  return url !== null && url.hostname !== '' && url.username === '' && url.password === '';
}
