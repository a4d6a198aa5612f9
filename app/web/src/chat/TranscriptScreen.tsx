import { useState } from 'preact/hooks';
import { language } from '../kit/i18n';
import { Button } from '../kit/ui/Button';
import { TextField } from '../kit/ui/Field';
import { ConditionLine } from './ConditionLine';
import { Mark, Tools } from './Frame';
import { reasonOf } from './reason';
import { s } from './screenWords';
import { saveAs } from './saving';
import type { Visit } from './visit';
import { t } from './words';

interface TranscriptProps {
  visit: Visit;
  conv: string;
  onClose: (() => void) | null;
}

/** His own copy of a conversation: a file to keep, or a mail. */
export function TranscriptScreen({ visit, conv, onClose }: TranscriptProps) {
  return (
    <main class="wid" aria-label={t().transcript}>
      <header class="whead">
        <Button kind="ghost" size="s" icon="left" label={t().back} onPress={() => visit.show({ at: 'thread', conv })} />
        <Mark />
        <div class="grow">
          <h1 class="cut">{t().transcript}</h1>
          <div class="small t3 cut">{visit.session.inbox.name}</div>
        </div>
        <Tools onClose={onClose} />
      </header>
      <div class="wbody wform">
        <Save visit={visit} path={`api/v1/visitor/conversations/${conv}/transcript`} />
        {visit.session.mail && <MailIt visit={visit} path={`api/v1/visitor/conversations/${conv}/transcript`} />}
      </div>
      <ConditionLine visit={visit} />
    </main>
  );
}

function Save({ visit, path }: { visit: Visit; path: string }) {
  const [why, setWhy] = useState('');
  const save = async (format: 'text' | 'html'): Promise<void> => {
    setWhy('');
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const asked = new URLSearchParams({ format, language: language.value, zone: timeZone ?? '' });
    try {
      saveAs(await visit.api.file(`${path}?${asked}`), `${s().transcriptFile}.${format === 'html' ? 'html' : 'txt'}`);
    } catch (error) {
      setWhy(reasonOf(error));
    }
  };
  return (
    <section class="wform" aria-label={s().transcriptSave}>
      <p class="t2">{s().transcriptLine}</p>
      <div class="row wrap">
        <Button icon="down-tray" onPress={() => void save('text')}>{s().transcriptText}</Button>
        <Button icon="down-tray" onPress={() => void save('html')}>{s().transcriptPage}</Button>
      </div>
      {why !== '' && <p class="hint bad" role="alert">{why}</p>}
    </section>
  );
}

function MailIt({ visit, path }: { visit: Visit; path: string }) {
  const known = visit.standing.value.known.includes('email');
  const [email, setEmail] = useState('');
  const [why, setWhy] = useState('');
  const [busy, setBusy] = useState(false);
  const [sent, setSent] = useState('');
  const send = async (): Promise<void> => {
    if (busy) return;
    if (!known && email.trim() === '') return setWhy(s().transcriptAddress);
    setBusy(true);
    setWhy('');
    setSent('');
    try {
      setSent((await visit.api.post<{ to: string }>(path, { email: email.trim() })).to);
    } catch (error) {
      setWhy(reasonOf(error));
    }
    setBusy(false);
  };
  return (
    <form class="wform" noValidate onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <TextField
        label={s().email} type="email" autocomplete="email" maxLength={200} value={email}
        hint={known ? s().addressKnown : undefined} error={why || undefined} onInput={setEmail}
      />
      <Button type="submit" kind="prime" icon="mail" busy={busy}>{s().transcriptMail}</Button>
      <p role="status" class="t2">{sent === '' ? '' : s().transcriptSent(sent)}</p>
    </form>
  );
}
