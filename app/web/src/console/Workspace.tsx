import { useEffect, useState } from 'preact/hooks';
import type { IconName } from '../kit/icons/names';
import { Avatar } from '../kit/ui/Avatar';
import { Button } from '../kit/ui/Button';
import { Icon } from '../kit/ui/Icon';
import { MenuButton, type MenuItem } from '../kit/ui/Menu';
import { Toast } from '../kit/ui/Toast';
import { LaterPage } from './LaterPage';
import { Contact } from './contact/Contact';
import { ConversationList } from './list/ConversationList';
import { Search } from './search/Search';
import { useDesk } from './state/desk';
import { type Route, follow } from './state/router';
import { type Theme, chooseTheme, theme } from './state/theme';
import { NoThread, ThreadPane } from './thread/ThreadPane';
import { t } from './words';

const loadSettings = async () => (await import('./settings/Settings')).Settings;

/** The signed-in page: rail, the sheet, toast, search. */
export function Workspace({ route }: { route: Route }) {
  const desk = useDesk();
  const conversation = route.page === 'desk' ? route.conversation : null;
  const w = t();
  useKeys();
  useTitle();
  return (
    <div class="app" data-pane={conversation ? 'thread' : 'list'}>
      <a class="skip" href="#pane">
        {w.skip}
      </a>
      <Rail route={route} />
      {route.page === 'settings' ? (
        <LaterPage load={loadSettings} />
      ) : (
        <Sheet conversation={conversation} message={route.page === 'desk' ? route.message : null} />
      )}
      <TabBar route={route} />
      {desk.searching.value && <Search />}
      <div class="toast-place">
        {desk.toast.value && (
          <Toast
            action={
              desk.toast.value.undo && (
                <Button kind="ghost" size="s" onPress={desk.toast.value.undo}>
                  {w.undo}
                </Button>
              )
            }
          >
            {desk.toast.value.text}
          </Toast>
        )}
      </div>
      <div class="sr" aria-live="polite">
        {desk.announcement.value}
      </div>
    </div>
  );
}

function Sheet({ conversation, message }: { conversation: string | null; message: number | null }) {
  const [side, setSide] = useState(false);
  useEffect(() => setSide(false), [conversation]);
  return (
    <main class="sheet" data-pane={conversation ? 'thread' : 'list'} data-side={side ? 'open' : undefined}>
      <ConversationList />
      {conversation ? (
        <ThreadPane key={conversation} conv={conversation} jump={message} onSide={() => setSide(!side)} />
      ) : (
        <NoThread />
      )}
      {conversation ? (
        <Contact key={`side-${conversation}`} conv={conversation} onClose={() => setSide(false)} />
      ) : (
        <aside class="side" />
      )}
    </main>
  );
}

function Rail({ route }: { route: Route }) {
  const desk = useDesk();
  const w = t();
  return (
    <nav class="rail" aria-label={w.mainNavigation}>
      <span class="logo" role="img" aria-label={w.product}>
        <Icon name="mark" />
      </span>
      <RailLink
        path=""
        icon="chat"
        label={w.conversations}
        on={route.page === 'desk'}
        pip={desk.lists.counts.value.unassigned > 0}
      />
      <span class="rail-gap" />
      <button
        type="button"
        class="rail-item"
        aria-label={w.search}
        title={`${w.search} (Ctrl+K)`}
        onClick={openSearch(desk)}
      >
        <Icon name="search" />
      </button>
      <RailLink path="settings/profile" icon="gear" label={w.settings} on={route.page === 'settings'} />
      <MeMenu />
    </nav>
  );
}

function RailLink({
  path,
  icon,
  label,
  on,
  pip,
}: {
  path: string;
  icon: IconName;
  label: string;
  on: boolean;
  pip?: boolean;
}) {
  const desk = useDesk();
  return (
    <a
      href={desk.hrefOf(path)}
      class={on ? 'rail-item on' : 'rail-item'}
      aria-label={label}
      title={label}
      aria-current={on ? 'page' : undefined}
      onClick={follow(desk.router, path)}
    >
      <Icon name={icon} />
      {pip && <span class="pip" />}
    </a>
  );
}

function MeMenu() {
  const desk = useDesk();
  const w = t();
  const me = desk.myself();
  const themes: readonly Theme[] = ['system', 'light', 'dark'];
  const items: (MenuItem | 'line')[] = [
    ...(['online', 'away'] as const).map((state) => ({
      key: state,
      label: state === 'online' ? w.available : w.away,
      checked: me.availability === state,
      onChoose: () => void desk.setAvailability(state),
    })),
    'line',
    ...themes.map((name) => ({
      key: name,
      label: w.themes[name],
      checked: theme.value === name,
      onChoose: () => chooseTheme(name),
    })),
    'line',
    { key: 'profile', label: w.profile, icon: 'user', onChoose: () => desk.router.go('settings/profile') },
    { key: 'out', label: w.signOut, icon: 'out', onChoose: () => void desk.session.signOut() },
  ];
  const state = me.availability === 'away' ? 'away' : 'online';
  return (
    <MenuButton
      items={items}
      caption={me.name}
      label={`${me.name}, ${state === 'away' ? w.away : w.available}`}
      title={me.name}
      kind="ghost"
    >
      <Avatar id={me.id} name={me.name} presence={desk.condition.value.state === 'live' ? state : 'offline'} />
    </MenuButton>
  );
}

function TabBar({ route }: { route: Route }) {
  const desk = useDesk();
  const w = t();
  const tab = (path: string, icon: IconName, label: string, on: boolean) => (
    <a
      href={desk.hrefOf(path)}
      class={on ? 'tab-item on' : 'tab-item'}
      aria-current={on ? 'page' : undefined}
      onClick={follow(desk.router, path)}
    >
      <Icon name={icon} />
      {label}
    </a>
  );
  const profile = route.page === 'settings' && route.section === 'profile';
  return (
    <nav class="tabbar" aria-label={w.mainNavigation}>
      {tab('', 'chat', w.conversations, route.page === 'desk')}
      <button type="button" class="tab-item" onClick={openSearch(desk)}>
        <Icon name="search" />
        {w.search}
      </button>
      {tab('settings', 'gear', w.settings, route.page === 'settings' && !profile)}
      {tab('settings/profile', 'user', w.me, profile)}
    </nav>
  );
}

function openSearch(desk: ReturnType<typeof useDesk>) {
  return () => {
    desk.searching.value = true;
  };
}

/** Ctrl+K searches from anywhere; Esc goes back to the list, where the arrow keys are. */
function useKeys(): void {
  const desk = useDesk();
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        desk.searching.value = !desk.searching.value;
      } else if (
        event.key === 'Escape' &&
        !event.defaultPrevented &&
        !event.isComposing &&
        !document.querySelector('dialog')
      ) {
        document.querySelector<HTMLElement>('.list-rows')?.focus();
      }
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [desk]);
}

function useTitle(): void {
  const desk = useDesk();
  const { mine } = desk.lists.counts.value;
  const name = desk.open.value ? desk.customer(desk.open.value) : t().conversations;
  useEffect(() => {
    document.title = `${mine > 0 ? `(${mine}) ` : ''}${name} · Monodesk`;
  }, [mine, name]);
}
