import type { IconName } from '../../kit/icons/names';
import { Icon } from '../../kit/ui/Icon';
import { useDesk } from '../state/desk';
import { type SettingsPage, follow } from '../state/router';
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

/** Settings: what can be changed at the left, one page at the right. */
export function Settings() {
  const desk = useDesk();
  const w = t();
  const route = desk.router.route.value;
  const section = route.page === 'settings' ? route.section : null;
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
          <div class="settings-body">{Page ? <Page /> : <p class="t2">{w.settingsHint}</p>}</div>
        </div>
      </section>
    </main>
  );
}
