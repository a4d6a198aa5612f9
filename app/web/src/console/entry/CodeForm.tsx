import { useRef, useState } from 'preact/hooks';
import { Problem } from '../../kit/api';
import { Button } from '../../kit/ui/Button';
import { TextField } from '../../kit/ui/Field';
import { type Session, reason } from '../state/session';
import { t as common } from '../words';
import { t } from './codeWords';

interface CodeFormProps {
  session: Session;
  challenge: string;
  /** Back to e-mail and password; with a reason where the server wants it. */
  onOver: (why: string | null) => void;
}

/** The second step of signing in: the app's code, or a recovery code. */
export function CodeForm({ session, challenge, onOver }: CodeFormProps) {
  const w = t();
  const [recovery, setRecovery] = useState(false);
  const [code, setCode] = useState('');
  const [busy, setBusy] = useState(false);
  const [bad, setBad] = useState<string | undefined>();
  const form = useRef<HTMLFormElement>(null);
  const label = recovery ? w.recoveryCode : w.code;
  const missing = code.trim() === '';
  const [tried, setTried] = useState(false);
  const submit = async (): Promise<void> => {
    setBusy(true);
    setBad(undefined);
    try {
      await session.signInByCode(challenge, code);
    } catch (error) {
      if (error instanceof Problem && error.code === 'sign_in_over') return onOver(reason(error));
      setBad(reason(error));
      setBusy(false);
      form.current?.querySelector('input')?.select(); // a code that is over: the next one is typed over it
    }
  };
  const turn = (): void => {
    setRecovery(!recovery);
    setCode('');
    setTried(false);
    setBad(undefined);
  };
  return (
    <form
      ref={form}
      class="entry-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (!missing && !busy) void submit();
      }}
    >
      <div>
        <h1>{w.title}</h1>
        <p class="body t2">{recovery ? w.recoveryHint : w.hint}</p>
      </div>
      <TextField
        key={recovery ? 'recovery' : 'app'}
        label={label}
        name="code"
        autocomplete={recovery ? 'off' : 'one-time-code'}
        inputMode={recovery ? 'text' : 'numeric'}
        maxLength={40}
        large
        required
        focus
        value={code}
        onInput={setCode}
        error={bad ?? (tried && missing ? common().required : undefined)}
      />
      <div class="row wrap">
        <Button type="submit" kind="prime" size="l" busy={busy}>
          {common().signIn}
        </Button>
        <Button kind="ghost" size="l" onPress={turn}>
          {recovery ? w.useApp : w.useRecovery}
        </Button>
      </div>
      <div class="entry-more">
        <p class="small t3">{w.help}</p>
        <Button kind="ghost" size="s" icon="back" onPress={() => onOver(null)}>
          {w.startOver}
        </Button>
      </div>
    </form>
  );
}
