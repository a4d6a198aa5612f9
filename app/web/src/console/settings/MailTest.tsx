import { useState } from 'preact/hooks';
import { language } from '../../kit/i18n';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { TextField } from '../../kit/ui/Field';
import { useDesk } from '../state/desk';
import { reason } from '../state/session';
import { t } from './mailWords';

interface Tried {
  readonly ok: boolean;
  readonly en: string;
  readonly zh: string;
}

/** Sends a real letter and says what happened. */
export function MailTest({ onTested }: { onTested: () => void }) {
  const desk = useDesk();
  const w = t();
  const [to, setTo] = useState(desk.me.agent.email);
  const [busy, setBusy] = useState(false);
  const [told, setTold] = useState<{ ok: boolean; text: string } | null>(null);
  const test = async (): Promise<void> => {
    setBusy(true);
    setTold(null);
    try {
      const tried = await desk.api.post<Tried>('api/v1/mail/test', { to: to.trim(), language: language.value });
      setTold({ ok: tried.ok, text: tried[language.value] });
      onTested();
    } catch (error) {
      setTold({ ok: false, text: reason(error) });
    }
    setBusy(false);
  };
  return (
    <div class="mail-test">
      <TextField label={w.testTo} type="email" maxLength={200} value={to} onInput={setTo} />
      <Button busy={busy} icon="send" disabled={to.trim() === ''} onPress={() => void test()}>
        {w.test}
      </Button>
      {told && (
        <div class="mail-told">
          <Banner tone={told.ok ? 'ok' : 'danger'} icon={told.ok ? 'check' : 'stop'}>
            {told.text}
          </Banner>
        </div>
      )}
    </div>
  );
}
