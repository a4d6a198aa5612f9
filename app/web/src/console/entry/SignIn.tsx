import { useEffect, useState } from 'preact/hooks';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import type { Router } from '../state/router';
import { type Session, reason } from '../state/session';
import { t } from '../words';
import { t as access } from './accessWords';
import { CodeForm } from './CodeForm';
import { Forgotten } from './Forgotten';
import { EntryFrame } from './Frame';
import { PasswordField } from './PasswordField';

/** The door: e-mail and password, then a code where the second step is on; or the demo's link. */
export function SignIn({ session, router }: { session: Session; router: Router }) {
  const w = t();
  const [why, setWhy] = useState<string | null>(null);
  const [challenge, setChallenge] = useState<string | null>(null);
  const [forgotten, setForgotten] = useState(false);
  const demo = useDemo(session, router, setWhy);
  const state = session.state.value;
  if (demo)
    return (
      <EntryFrame>
        <Skeleton label={w.demoSigningIn} face={false} />
      </EntryFrame>
    );
  const startOver = (over: string | null): void => {
    setChallenge(null);
    setWhy(over);
  };
  if (challenge !== null)
    return (
      <EntryFrame>
        <CodeForm session={session} challenge={challenge} onOver={startOver} />
      </EntryFrame>
    );
  if (forgotten)
    return (
      <EntryFrame>
        <Forgotten session={session} onBack={() => setForgotten(false)} />
      </EntryFrame>
    );
  const notice = why ?? (state.phase === 'out' ? state.why : null);
  return (
    <EntryFrame>
      {state.phase === 'out' && state.needsSetUp ? (
        <NeedsSetUp />
      ) : (
        <Form session={session} notice={notice} onChallenge={setChallenge} onForgotten={() => setForgotten(true)} />
      )}
    </EntryFrame>
  );
}

function NeedsSetUp() {
  const w = t();
  return (
    <>
      <h1>{w.needSetUp}</h1>
      <p class="body t2">{w.needSetUpNext}</p>
      <code class="snippet">monodesk setup --link</code>
    </>
  );
}

interface FormProps {
  session: Session;
  notice: string | null;
  /** The password was right and a code is asked for. */
  onChallenge: (challenge: string) => void;
  onForgotten: () => void;
}

function Form({ session, notice, onChallenge, onForgotten }: FormProps) {
  const w = t();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [bad, setBad] = useState<string | undefined>();
  const [tried, setTried] = useState(false);
  const missing = { email: email.trim() === '', password: password === '' };
  const needed = (is: boolean): string | undefined => (tried && is ? w.required : undefined);
  const submit = async (): Promise<void> => {
    setTried(true);
    if (missing.email || missing.password) return;
    setBusy(true);
    setBad(undefined);
    try {
      const challenge = await session.signIn(email.trim(), password);
      if (challenge !== null) onChallenge(challenge);
    } catch (error) {
      setBad(reason(error));
      setBusy(false);
    }
  };
  return (
    <form
      class="entry-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <div>
        <h1>{w.signInTitle}</h1>
        <p class="body t2">{w.signInHint}</p>
      </div>
      {notice && !bad && (
        <Banner tone="warn" icon="info">
          {notice}
        </Banner>
      )}
      <TextField
        label={w.email}
        type="email"
        name="email"
        autocomplete="username"
        large
        required
        focus
        value={email}
        onInput={setEmail}
        error={needed(missing.email)}
      />
      <PasswordField
        label={w.password}
        large
        autocomplete="current-password"
        value={password}
        onInput={setPassword}
        error={bad ?? needed(missing.password)}
      />
      <div class="row wrap">
        <Button type="submit" kind="prime" size="l" busy={busy}>
          {w.signIn}
        </Button>
        <Button kind="ghost" size="l" onPress={onForgotten}>
          {access().forgot}
        </Button>
      </div>
    </form>
  );
}

/** `#demo=<token>`: signs in by it and takes the secret out of the address. True while that goes on. */
function useDemo(session: Session, router: Router, fail: (why: string) => void): boolean {
  const [token] = useState(() => /^#demo=(.+)$/.exec(location.hash)?.[1] ?? null);
  const [busy, setBusy] = useState(token !== null);
  useEffect(() => {
    if (token === null) return;
    router.go('sign-in', 'replace');
    session.signInToDemo(token).catch(async (error: unknown) => {
      fail(reason(error));
      await session.ask();
      setBusy(false);
    });
  }, []);
  return busy;
}
