import { useEffect, useState } from 'preact/hooks';
import type { IconName } from '../../kit/icons/names';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Failure } from '../../kit/ui/Empty';
import { Icon } from '../../kit/ui/Icon';
import { Skeleton } from '../../kit/ui/Skeleton';
import { LaterPage } from '../LaterPage';
import { LineState } from '../composer/LineState';
import { NotYours } from '../frame/NotYours';
import { type Desk, useDesk } from '../state/desk';
import { PAGE_NEEDS, type Route, type SettingsPage, follow } from '../state/router';
import { loadAutomations, loadSources } from '../systems/later';
import { t } from '../words';
import { About } from './About';
import { Agents } from './Agents';
import { Audit } from './Audit';
import { Blocks } from './Blocks';
import { CannedReplies } from './CannedReplies';
import { Exchange } from './Exchange';
import { Inboxes } from './Inboxes';
import { Mail } from './Mail';
import { Schedules } from './SchedulesPage';
import { Notifications } from './Notifications';
import { Profile } from './Profile';
import { RatingList } from './RatingList';
import { Roles } from './Roles';
import { Routing } from './Routing';
import { Server } from './Server';
import { Macros } from './Macros';
import { Tags } from './Tags';
import { Teams } from './Teams';
import { Tokens } from './Tokens';
import { OwnFieldsPage } from './OwnFieldsPage';
import { TicketStatuses } from './TicketStatuses';

interface PageOfSettings {
  readonly key: SettingsPage;
  readonly icon: IconName;
  readonly Page: () => preact.JSX.Element;
}

/** What is one's own, what is joined, and all that is the desk's. */
const GROUPS: readonly { key: 'ownSettings' | 'deskSettings' | 'systems'; pages: readonly PageOfSettings[] }[] = [
  {
    key: 'ownSettings',
    pages: [
      { key: 'profile', icon: 'user', Page: Profile },
      { key: 'notifications', icon: 'bell', Page: Notifications },
    ],
  },
  {
    key: 'systems',
    pages: [
      { key: 'sources', icon: 'plug', Page: () => <LaterPage load={loadSources} /> },
      { key: 'automations', icon: 'bolt', Page: () => <LaterPage load={loadAutomations} /> },
    ],
  },
  {
    key: 'deskSettings',
    pages: [
      { key: 'inboxes', icon: 'chat', Page: Inboxes },
      { key: 'hours', icon: 'clock', Page: Schedules },
      { key: 'blocks', icon: 'stop', Page: Blocks },
      { key: 'canned', icon: 'slash', Page: CannedReplies },
      { key: 'macros', icon: 'wand', Page: Macros },
      { key: 'tags', icon: 'tag', Page: Tags },
      { key: 'fields', icon: 'pen', Page: OwnFieldsPage },
      { key: 'statuses', icon: 'ticket', Page: TicketStatuses },
      { key: 'ratings', icon: 'star', Page: RatingList },
      { key: 'agents', icon: 'users', Page: Agents },
      { key: 'teams', icon: 'flag', Page: Teams },
      { key: 'routing', icon: 'swap', Page: Routing },
      { key: 'mail', icon: 'mail', Page: Mail },
      { key: 'roles', icon: 'lock', Page: Roles },
      { key: 'tokens', icon: 'plug', Page: Tokens },
      { key: 'exchange', icon: 'swap', Page: Exchange },
      { key: 'server', icon: 'chip', Page: Server },
      { key: 'audit', icon: 'book', Page: Audit },
      { key: 'about', icon: 'info', Page: About },
    ],
  },
];
const PAGES = GROUPS.flatMap(({ pages }) => pages);

const NEEDS_PEOPLE: ReadonlySet<SettingsPage | null> = new Set(['inboxes', 'hours', 'ratings', 'agents', 'teams', 'routing', 'roles', 'tokens', 'automations'] as const);
/** What is compared side by side. */
const WIDE: ReadonlySet<SettingsPage> = new Set(['sources', 'automations'] as const);
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
        {GROUPS.filter(({ pages }) => pages.some(({ key }) => shows(desk, key))).map((group) => (
          <div key={group.key} class="settings-group" role="group" aria-label={w[group.key]}>
            <h2>{w[group.key]}</h2>
            {group.pages.filter((page) => shows(desk, page.key)).map(({ key, icon }) => (
              <a
                key={key}
                href={desk.hrefOf(`settings/${key}`)}
                class={key === section ? 'on' : ''}
                aria-current={key === section ? 'page' : undefined}
                onClick={follow(desk.router, `settings/${key}`)}
              >
                <Icon name={icon} />
                <span class="grow">{w[key]}</span>
                <span class="only-phone t3">
                  <Icon name="right" size="s" />
                </span>
              </a>
            ))}
          </div>
        ))}
      </nav>
      <section class="thread-pane settings-page" id="pane" tabIndex={-1}>
        <div class="scroll">
          {section && (
            <a class="only-phone settings-back" href={desk.hrefOf('settings')} onClick={follow(desk.router, 'settings')}>
              <Icon name="left" />
              {w.settings}
            </a>
          )}
          <div class={section !== null && WIDE.has(section) ? 'settings-body wide' : 'settings-body'}>
            <LineState />
            {section && !shows(desk, section) ? <NotYours /> : Page && (NEEDS_PEOPLE.has(section) ? <WithPeople Page={Page} /> : <Page />)}
          </div>
        </div>
      </section>
    </main>
  );
}

/** Whether his role shows a page. */
function shows(desk: Desk, page: SettingsPage): boolean {
  const needs = PAGE_NEEDS[page];
  return needs === undefined || desk.may(needs);
}

/** A page about what the desk knows of agents, teams and inboxes: nothing is called empty before that has come. */
function WithPeople({ Page }: { Page: () => preact.JSX.Element }) {
  const desk = useDesk();
  const w = t();
  const { known, failure } = desk.people;
  if (known.value) return <Page />;
  if (failure.value === null)
    return (
      <Card>
        <Skeleton label={w.loading} />
      </Card>
    );
  const again = (): void => void desk.people.load().catch(() => undefined);
  return (
    <Card>
      <Failure
        title={w.loadFailed}
        reason={failure.value}
        retry={
          <Button size="s" icon="refresh" onPress={again}>
            {w.retry}
          </Button>
        }
      />
    </Card>
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
