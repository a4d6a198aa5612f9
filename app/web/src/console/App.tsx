import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Api } from '../kit/api';
import { Button } from '../kit/ui/Button';
import { Empty } from '../kit/ui/Empty';
import { Skeleton } from '../kit/ui/Skeleton';
import { LaterPage } from './LaterPage';
import { Workspace } from './Workspace';
import { SignIn } from './entry/SignIn';
import { Desk, DeskProvider } from './state/desk';
import type { Route, Router } from './state/router';
import { type Me, type Session, standing } from './state/session';
import { t } from './words';

interface AppProps {
  api: Api;
  router: Router;
  session: Session;
}

/** Decides between the door and the desk. */
export function App({ api, router, session }: AppProps) {
  const route = router.route.value;
  const state = session.state.value;
  const w = t();
  const [byLink] = useState(hasDemoToken); // the token itself leaves the address at once
  useEffect(() => {
    if (!byLink && route.page !== 'set-up' && state.phase === 'asking') void session.ask();
  }, [route.page, state.phase]);

  if (route.page === 'set-up')
    return <LaterPage load={async () => later((await import('./entry/SetUp')).SetUp, { api, router, session })} />;
  if (route.page === 'gallery')
    return <LaterPage load={async () => (await import('../kit/gallery/Gallery')).Gallery} />;
  if (state.phase === 'out' || (byLink && state.phase === 'asking'))
    return <SignIn session={session} router={router} />;
  if (state.phase === 'asking') return <Skeleton label={w.loading} />;
  if (state.phase === 'failed') {
    return (
      <Empty icon="offline" title={w.noNetwork} action={<Button onPress={() => void session.ask()}>{w.retry}</Button>}>
        {state.why}
      </Empty>
    );
  }
  return <SignedIn key={standing(state.me)} api={api} router={router} session={session} me={state.me} route={route} />;
}

function SignedIn({ api, router, session, me, route }: AppProps & { me: Me; route: Route }) {
  const desk = useMemo(() => new Desk(api, session, router, me), []);
  useEffect(() => {
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
