import { useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { TextField } from '../../kit/ui/Field';
import { type Session, reason } from '../state/session';
import { t as common } from '../words';
import { t } from './accessWords';

const MINUTES = 60;

/** Asks for a link by mail. Whether the address has an account is not told; whether this desk sends mail is. */
export function Forgotten({ session, onBack }: { session: Session; onBack: () => void }) {
  const w = t();
  const [email, setEmail] = useState('');
  const [busy, setBusy] = useState(false);
  const [bad, setBad] = useState<string | undefined>();
  const [answer, setAnswer] = useState<'mailed' | 'no-mail' | null>(null);
  const ask = async (): Promise<void> => {
    if (!/^\S+@\S+$/u.test(email.trim())) return setBad(common().badEmail);
    setBusy(true);
    try {
      setAnswer((await session.forgot(email.trim())) ? 'mailed' : 'no-mail');
    } catch (error) {
      setBad(reason(error));
    }
    setBusy(false);
  };
  const back = (
    <Button kind="ghost" size="l" onPress={onBack}>
      {w.back}
    </Button>
  );
  if (answer !== null)
    return (
      <div class="entry-form" role="status">
        <div>
          <h1>{answer === 'mailed' ? w.asked : w.noMail}</h1>
          <p class="body t2">{answer === 'mailed' ? w.askedNext(MINUTES) : w.noMailNext}</p>
        </div>
        <div>{back}</div>
      </div>
    );
  return (
    <form
      class="entry-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void ask();
      }}
    >
      <div>
        <h1>{w.forgotTitle}</h1>
        <p class="body t2">{w.forgotHint}</p>
      </div>
      <TextField
        label={common().email}
        type="email"
        autocomplete="username"
        large
        focus
        maxLength={200}
        value={email}
        onInput={(value) => {
          setBad(undefined);
          setEmail(value);
        }}
        error={bad}
      />
      <div class="row wrap">
        <Button type="submit" kind="prime" size="l" busy={busy}>
          {w.ask}
        </Button>
        {back}
      </div>
    </form>
  );
}
