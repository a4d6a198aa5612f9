import type { IconName } from '../../kit/icons/names';
import { Avatar } from '../../kit/ui/Avatar';
import { Icon } from '../../kit/ui/Icon';
import { MenuButton, type MenuItem } from '../../kit/ui/Menu';
import { type Desk, useDesk } from '../state/desk';
import { type Route, follow } from '../state/router';
import { keyText } from '../state/shortcuts';
import { type Theme, chooseTheme, theme } from '../state/theme';
import { presenceOf } from '../state/presence';
import { reasonText, t as routing } from '../routing/words';
import { t } from '../words';
import { Mark } from './Mark';
import { t as own } from './words';

/** The way between the pages, at the left. */
export function Rail({ route }: { route: Route }) {
  const desk = useDesk();
  const w = t();
  return (
    <nav class="rail" aria-label={w.mainNavigation}>
      <span class="logo" role="img" aria-label={w.product}>
        <Mark />
      </span>
      <RailLink
        path=""
        icon="chat"
        label={w.conversations}
        on={route.page === 'desk'}
        pip={desk.unreadOfMine.value > 0}
      />
      {desk.may('tickets.read') && (
        <RailLink
          path="tickets"
          icon="ticket"
          label={desk.ticketNews.unseen.value > 0 ? w.ticketsNew(desk.ticketNews.unseen.value) : w.tickets}
          on={route.page === 'tickets'}
          pip={desk.ticketNews.unseen.value > 0}
        />
      )}
      {desk.may('contacts.read') && <RailLink path="visitors" icon="globe" label={w.visitors} on={route.page === 'visitors'} />}
      {desk.may('contacts.read') && (
        <RailLink path="contacts" icon="users" label={w.contacts} on={route.page === 'contacts' || route.page === 'organisations'} />
      )}
      <span class="rail-gap" />
      <button
        type="button"
        class="rail-item"
        aria-label={w.search}
        title={`${w.search} (${keyText('commands')})`}
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

const AWAY = ['break', 'lunch', 'meeting', 'training'] as const;

/** How he is for routing: there, away for a reason, or signed off. */
function states(desk: Desk): MenuItem[] {
  const w = t();
  const { availability, away_reason: why } = desk.myself();
  const own = availability === 'away' && why !== '' && !AWAY.some((reason) => reason === why);
  return [
    { key: 'online', label: w.available, checked: availability === 'online', onChoose: () => void desk.setAvailability('online') },
    { key: 'away', label: w.away, checked: availability === 'away' && why === '', onChoose: () => void desk.setAvailability('away') },
    ...AWAY.map((reason) => ({
      key: reason,
      label: routing().awayBecause(reasonText(reason)),
      checked: availability === 'away' && why === reason,
      onChoose: () => void desk.setAvailability('away', reason),
    })),
    {
      key: 'own',
      label: own ? routing().awayBecause(reasonText(why)) : routing().ownWords,
      checked: own,
      onChoose: () => {
        desk.choosingAway.value = true;
      },
    },
    { key: 'offline', label: routing().signOff, checked: availability === 'offline', onChoose: () => void desk.setAvailability('offline') },
  ];
}

function MeMenu() {
  const desk = useDesk();
  const w = t();
  const me = desk.myself();
  const themes: readonly Theme[] = ['system', 'light', 'dark'];
  const items: (MenuItem | 'line')[] = [
    ...states(desk),
    'line',
    ...themes.map((name) => ({
      key: name,
      label: w.themes[name],
      checked: theme.value === name,
      onChoose: () => chooseTheme(name),
    })),
    'line',
    {
      key: 'keys',
      label: own().shortcuts,
      keys: keyText('sheet'),
      onChoose: () => {
        desk.showingKeys.value = true;
      },
    },
    { key: 'profile', label: w.profile, onChoose: () => desk.router.go('settings/profile') },
    { key: 'out', label: w.signOut, onChoose: () => void desk.session.signOut() },
  ];
  const state = presenceOf(me.availability);
  const said = { online: w.available, away: w.away, offline: w.offline }[state];
  return (
    <MenuButton
      items={items}
      caption={me.name}
      label={`${me.name}, ${said}`}
      title={me.name}
      kind="ghost"
    >
      <Avatar id={me.id} name={me.name} presence={desk.condition.value.state === 'live' ? state : 'offline'} />
    </MenuButton>
  );
}

/** The way between the pages on a phone, at the bottom. */
export function TabBar({ route }: { route: Route }) {
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
      {desk.may('tickets.read') && tab('tickets', 'ticket', w.tickets, route.page === 'tickets')}
      <button type="button" class="tab-item" onClick={openSearch(desk)}>
        <Icon name="search" />
        {w.search}
      </button>
      {tab('settings', 'gear', w.settings, route.page === 'settings' && !profile)}
      {tab('settings/profile', 'user', w.me, profile)}
    </nav>
  );
}

function openSearch(desk: Desk) {
  return () => {
    desk.searching.value = true;
  };
}
