/** Who is believed, and who is told, with a window in small: the journeys do it between real origins. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Host, type HostMessage } from './host';

const SHOP = 'https://shop.example';
const OWN = 'https://desk.example';
const PAGE: HostMessage = { monodesk: 'page', url: `${SHOP}/goods`, title: 'Goods', referrer: '' };

type Receive = (event: { source: unknown; origin: string; data: unknown }) => void;

const parent = { postMessage: vi.fn() };
let receive: Receive = () => undefined;
let heard: HostMessage[] = [];

beforeEach(() => {
  heard = [];
  parent.postMessage.mockClear();
  vi.stubGlobal('window', { parent, addEventListener: (_: string, listener: Receive) => (receive = listener) });
  vi.stubGlobal('location', { origin: OWN });
});
afterEach(() => vi.unstubAllGlobals());

function host(...sites: string[]): Host {
  return new Host(sites, (message) => heard.push(message));
}

it('believes the page that holds it, if that is of the list or our own', () => {
  host(SHOP);
  for (const origin of ['https://evil.example', 'null', '', 'http://shop.example', `${SHOP}.evil.example`]) {
    receive({ source: parent, origin, data: PAGE });
  }
  receive({ source: {}, origin: SHOP, data: PAGE });
  receive({ source: null, origin: OWN, data: PAGE });
  expect(heard).toEqual([]);
  receive({ source: parent, origin: SHOP, data: PAGE });
  receive({ source: parent, origin: OWN, data: PAGE });
  expect(heard).toEqual([PAGE, PAGE]);
});

it.each([
  null, 7, 'page', {}, { monodesk: 'page' }, { ...PAGE, url: 1 }, { ...PAGE, title: null }, { ...PAGE, referrer: {} },
  { monodesk: 'open', open: 'yes' }, { monodesk: 'close' }, { monodesk: 'identify' }, { monodesk: 'identify', user: 'Mei' },
  { monodesk: 'identify', user: ['Mei'] }, { monodesk: 'event', name: 'paid' }, { monodesk: 'event', name: 7, data: {} },
  { monodesk: 'language' }, { monodesk: 'preview', inbox: {} }, Object.create({ monodesk: 'page' }),
])('takes %j for nothing', (data) => {
  host(SHOP);
  receive({ source: parent, origin: SHOP, data });
  expect(heard).toEqual([]);
});

it('tells the origin that spoke to it, and before that nothing but that it listens', () => {
  const frame = host();
  frame.tell({ monodesk: 'unread', count: 2 });
  frame.ready();
  expect(parent.postMessage.mock.calls).toEqual([[{ monodesk: 'ready' }, '*']]);
  receive({ source: parent, origin: SHOP, data: PAGE });
  frame.tell({ monodesk: 'close' });
  expect(parent.postMessage.mock.calls.slice(1)).toEqual([
    [{ monodesk: 'unread', count: 2 }, SHOP],
    [{ monodesk: 'close' }, SHOP],
  ]);
});

it('says nothing where nobody holds it', () => {
  vi.stubGlobal('window', { addEventListener: (_: string, listener: Receive) => (receive = listener) });
  Object.assign(window, { parent: window });
  const frame = host();
  frame.ready();
  receive({ source: window, origin: OWN, data: PAGE });
  expect(heard).toEqual([]);
});
