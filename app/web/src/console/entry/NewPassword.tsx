import { useState } from 'preact/hooks';
import type { Api } from '../../kit/api';
import { Button } from '../../kit/ui/Button';
import { PASSWORD_CHARACTERS_MIN } from '../limits';
import type { Router } from '../state/router';
import { type Session, reason } from '../state/session';
import { t as common } from '../words';
import { CodeForm } from './CodeForm';
import { EntryFrame } from './Frame';
import { PasswordField } from './PasswordField';
import { t } from './accessWords';

interface NewPasswordProps {
  api: Api;
  router: Router;
  session: Session;
}

/** Where a link leads by which a password is set; its secret stands in the fragment, which no log sees. */
export function NewPassword({ api, router, session }: NewPasswordProps) {
  const w = t();
  const [token] = useState(() => location.hash.slice(1));
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [bad, setBad] = useState<string | undefined>();
  const [challenge, setChallenge] = useState<string | null>(null);
  const enter = (): void => router.go('', 'replace');
  const save = async (): Promise<void> => {
    if ([...password].length < PASSWORD_CHARACTERS_MIN) return setBad(common().shortPassword(PASSWORD_CHARACTERS_MIN));
    setBusy(true);
    try {
      const { email } = await api.post<{ email: string }>('api/v1/session/password', { token, password });
      history.replaceState(null, '', location.pathname);
      const asked = await session.signIn(email, password);
      if (asked === null) enter();
      else setChallenge(asked);
    } catch (error) {
      setBad(reason(error));
      setBusy(false);
    }
  };
  if (challenge !== null) {
    if (session.state.value.phase === 'in') enter();
    return (
      <EntryFrame>
        <CodeForm session={session} challenge={challenge} onOver={() => router.go('sign-in', 'replace')} />
      </EntryFrame>
    );
  }
  if (token === '')
    return (
      <EntryFrame>
        <h1>{w.noLink}</h1>
        <p class="body t2">{w.noLinkNext}</p>
      </EntryFrame>
    );
  return (
    <EntryFrame>
      <form
        class="entry-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div>
          <h1>{w.setTitle}</h1>
          <p class="body t2">{w.setHint}</p>
        </div>
        <PasswordField
          label={common().password}
          large
          focus
          autocomplete="new-password"
          hint={common().passwordHint(PASSWORD_CHARACTERS_MIN)}
          value={password}
          onInput={(value) => {
            setBad(undefined);
            setPassword(value);
          }}
          error={bad}
        />
        <div>
          <Button type="submit" kind="prime" size="l" busy={busy}>
            {w.set}
          </Button>
        </div>
      </form>
    </EntryFrame>
  );
}
