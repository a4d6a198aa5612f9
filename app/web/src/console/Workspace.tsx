import { useEffect } from 'preact/hooks';
import { Button } from '../kit/ui/Button';
import { Toast } from '../kit/ui/Toast';
import { LaterPage } from './LaterPage';
import { LaterDialog } from './frame/LaterDialog';
import { NotYours } from './frame/NotYours';
import { Rail, TabBar } from './frame/Rail';
import { Sheet } from './frame/Sheet';
import dotted from '../style/mark-dot.svg';
import { useDesk } from './state/desk';
import type { Route } from './state/router';
import { loadTickets } from './tickets/later';
import { listen, useShortcut } from './state/shortcuts';
import { t } from './words';

const loadSettings = async () => (await import('./settings/Settings')).Settings;
const loadPeople = async () => (await import('./people/People')).People;
const loadOrganisations = async () => (await import('./organisations/Organisations')).Organisations;
const loadCommands = async () => (await import('./commands/CommandBar')).CommandBar;
const loadVisitors = async () => (await import('./visitors/Visitors')).Visitors;
const loadAlerts = async () => (await import('./frame/AlertLine')).AlertLine;
const loadOffers = async () => (await import('./routing/OfferCards')).OfferCards;
const loadAway = async () => (await import('./routing/AwayDialog')).AwayDialog;
const loadShortcuts = async () => (await import('./frame/ShortcutSheet')).ShortcutSheet;

const NEEDS: Partial<Record<Route['page'], string>> = { tickets: 'tickets.read', contacts: 'contacts.read', visitors: 'contacts.read' };

/** The signed-in page: rail, the sheet, toast, search. */
export function Workspace({ route }: { route: Route }) {
  const desk = useDesk();
  const conversation = route.page === 'desk' ? route.conversation : null;
  const tells = route.page === 'settings' && route.section === 'server'; // all of it stands there anyway
  const alert = tells ? null : desk.server.shown.value;
  const w = t();
  const needs = NEEDS[route.page];
  useKeys();
  useTitle(route);
  return (
    <div class="app" data-pane={conversation ? 'thread' : 'list'}>
      <a class="skip" href="#pane">
        {w.skip}
      </a>
      <Rail route={route} />
      {alert && <div class="alert-place"><LaterDialog load={loadAlerts} onFailed={() => undefined} /></div>}
      {needs && !desk.may(needs) ? (
        <main class="sheet">
          <section class="thread-pane" id="pane" tabIndex={-1}>
            <NotYours />
          </section>
        </main>
      ) : route.page === 'settings' ? (
        <LaterPage key="settings" load={loadSettings} />
      ) : route.page === 'contacts' ? (
        <LaterPage key="contacts" load={loadPeople} />
      ) : route.page === 'organisations' ? (
        <LaterPage key="organisations" load={loadOrganisations} />
      ) : route.page === 'tickets' ? (
        <LaterPage key="tickets" load={loadTickets} />
      ) : route.page === 'visitors' ? (
        <LaterPage key="visitors" load={loadVisitors} />
      ) : (
        <Sheet conversation={conversation} message={route.page === 'desk' ? route.message : null} />
      )}
      <TabBar route={route} />
      {desk.offers.mine.value.length > 0 && <LaterDialog load={loadOffers} onFailed={() => undefined} />}
      {desk.choosingAway.value && <LaterDialog load={loadAway} onFailed={() => (desk.choosingAway.value = false)} />}
      {desk.searching.value && <LaterDialog load={loadCommands} onFailed={() => (desk.searching.value = false)} />}
      {desk.showingKeys.value && <LaterDialog load={loadShortcuts} onFailed={() => (desk.showingKeys.value = false)} />}
      <Told />
    </div>
  );
}

/** What just happened, to see and to hear. */
function Told() {
  const desk = useDesk();
  const told = desk.toast.value;
  return (
    <>
      <div class="toast-place">
        {told && (
          <Toast
            action={
              told.undo && (
                <Button kind="ghost" size="s" onPress={told.undo}>
                  {t().undo}
                </Button>
              )
            }
          >
            {told.text}
          </Toast>
        )}
      </div>
      <div class="sr" aria-live="polite">
        {desk.announcement.value}
      </div>
    </>
  );
}

/** What the whole page does at a key; panes bind the rest (`state/shortcuts`). */
function useKeys(): void {
  const desk = useDesk();
  useEffect(() => listen(document), []);
  useShortcut('commands', () => {
    desk.searching.value = !desk.searching.value;
  });
  useShortcut('sheet', () => {
    desk.showingKeys.value = true;
  });
  useShortcut('goList', () => {
    document.querySelector<HTMLElement>('.list-rows')?.focus();
  });
}

/** The tab says how many of his conversations wait to be read: in its title, and by a dot on its icon. */
function useTitle(route: Route): void {
  const desk = useDesk();
  const unread = desk.unreadOfMine.value;
  const places = { tickets: t().tickets, visitors: t().visitors, contacts: t().contacts } as Readonly<Record<string, string>>;
  const elsewhere = places[route.page] ?? t().conversations;
  const name = desk.open.value ? desk.customer(desk.open.value) : elsewhere;
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${name} · Monodesk`;
  }, [unread, name]);
  useEffect(() => {
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (unread === 0 || !icon) return undefined;
    const plain = icon.href;
    icon.href = dotted;
    return () => {
      icon.href = plain;
    };
  }, [unread > 0]);
}
