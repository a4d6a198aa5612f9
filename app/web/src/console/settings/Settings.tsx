import { useEffect, useState } from 'preact/hooks';
import type { IconName } from '../../kit/icons/names';
import { Icon } from '../../kit/ui/Icon';
import { useDesk } from '../state/desk';
import { type Route, type SettingsPage, follow } from '../state/router';
import { t } from '../words';
import { Agents } from './Agents';
import { Inboxes } from './Inboxes';
import { Profile } from './Profile';
import { Teams } from './Teams';

const PAGES: readonly { key: SettingsPage; icon: IconName; Page: () => preact.JSX.Element }[] = [
  { key: 'profile', icon: 'user', Page: Profile },
  { key: 'inboxes', icon: 'chat', Page: Inboxes },
  { key: 'agents', icon: 'users', Page: Agents },
  { key: 'teams', icon: 'flag', Page: Teams },
];

const PHONE = '(max-width: 760px)';

/** Settings: what can be changed at the left, one page at the right; on a phone one of the two. */
export function Settings() {
  const desk = useDesk();
  const w = t();
  const section = shown(desk.router.route.value, useWide());
  const Page = PAGES.find(({ key }) => key === section)?.Page;
  return (
    <main class="sheet settings" data-pane={section ? 'thread' : 'list'}>
      <nav class="list-pane settings-nav" aria-label={w.settings}>
        <h1>{w.settings}</h1>
        {PAGES.map(({ key, icon }) => (
          <a
            key={key}
            href={desk.hrefOf(`settings/${key}`)}
            class={key === section ? 'on' : ''}
            aria-current={key === section ? 'page' : undefined}
            onClick={follow(desk.router, `settings/${key}`)}
          >
            <Icon name={icon} />
            {w[key]}
          </a>
        ))}
      </nav>
      <section class="thread-pane settings-page" id="pane" tabIndex={-1}>
        <div class="scroll">
          <div class="settings-body">{Page && <Page />}</div>
        </div>
      </section>
    </main>
  );
}

/** The page on the screen: where both have room, the list alone would leave half of it empty. */
export function shown(route: Route, wide: boolean): SettingsPage | null {
  const section = route.page === 'settings' ? route.section : null;
  return section ?? (wide ? 'profile' : null);
}

function useWide(): boolean {
  const [wide, setWide] = useState(() => !window.matchMedia(PHONE).matches);
  useEffect(() => {
    const media = window.matchMedia(PHONE);
    const look = (): void => setWide(!media.matches);
    look();
    media.addEventListener('change', look);
    return () => media.removeEventListener('change', look);
  }, []);
  return wide;
}
