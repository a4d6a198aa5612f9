import { useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks';
import type { Api } from '../kit/api';
import { sentences } from '../kit/i18n';
import { Button } from '../kit/ui/Button';
import { Empty } from '../kit/ui/Empty';
import { Skeleton } from '../kit/ui/Skeleton';
import { LaterPage } from './LaterPage';
import { Workspace } from './Workspace';
import { EntryFrame } from './entry/Frame';
import { SignIn } from './entry/SignIn';
import { Mark } from './frame/Mark';
import { Desk, DeskProvider } from './state/desk';
import type { Route, Router } from './state/router';
import { type Me, type Session, askedByThePage, standing } from './state/session';
import { t } from './words';

const AGAIN_MS = 5_000;

interface AppProps {
  api: Api;
  router: Router;
  session: Session;
}

/** Decides between the door and the desk. */
export function App({ api, router, session }: AppProps) {
  const route = router.route.value;
  const state = session.state.value;
  const [byLink] = useState(hasDemoToken); // the token itself leaves the address at once
  useLayoutEffect(() => {
    if (!byLink && route.page !== 'set-up' && route.page !== 'password' && state.phase === 'asking') void session.ask(askedByThePage());
  }, [route.page, state.phase]);

  if (route.page === 'set-up')
    return <LaterPage load={async () => later((await import('./entry/SetUp')).SetUp, { api, router, session })} />;
  if (route.page === 'password')
    return <LaterPage load={async () => later((await import('./entry/NewPassword')).NewPassword, { api, router, session })} />;
  if (route.page === 'kit')
    return <LaterPage load={async () => (await import('../kit/gallery/Gallery')).Gallery} />;
  if (state.phase === 'out' || (byLink && state.phase === 'asking'))
    return <SignIn session={session} router={router} />;
  if (state.phase === 'asking') return <Coming />;
  if (state.phase === 'failed') return <Away session={session} why={state.why} />;
  return <SignedIn key={standing(state.me)} api={api} router={router} session={session} me={state.me} route={route} />;
}

/** The desk in outline, until the server has said who is there. */
function Coming() {
  return (
    <div class="app">
      <div class="rail not-phone">
        <span class="logo">
          <Mark />
        </span>
      </div>
      <main class="sheet whole">
        <Skeleton label={t().loading} rows={9} />
      </main>
    </div>
  );
}

/** The server is away from the start: why, what to do, and it asks again by itself. */
function Away({ session, why }: { session: Session; why: string }) {
  const w = t();
  useEffect(() => {
    const timer = setInterval(() => void session.ask(), AGAIN_MS);
    const nudge = (): void => void session.ask();
    window.addEventListener('online', nudge);
    return () => {
      clearInterval(timer);
      window.removeEventListener('online', nudge);
    };
  }, [session]);
  return (
    <EntryFrame>
      <Empty icon="offline" title={w.deskAway} action={<Button onPress={() => void session.ask()}>{w.retry}</Button>}>
        {sentences(why, w.asksAgain)}
      </Empty>
    </EntryFrame>
  );
}

function SignedIn({ api, router, session, me, route }: AppProps & { me: Me; route: Route }) {
  const desk = useMemo(() => new Desk(api, session, router, me), []);
  useLayoutEffect(() => {
    if (route.page === 'sign-in') router.go('', 'replace');
    desk.start();
    return () => desk.stop();
  }, [desk]);
  return (
    <DeskProvider value={desk}>
      <Workspace route={route} />
    </DeskProvider>
  );
}

function later<Props extends object>(Page: (props: Props) => preact.JSX.Element | null, props: Props) {
  return function Bound() {
    return <Page {...props} />;
  };
}

function hasDemoToken(): boolean {
  return location.hash.startsWith('#demo=');
}
