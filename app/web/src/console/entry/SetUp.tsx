import { useEffect, useState } from 'preact/hooks';
import type { Api } from '../../kit/api';
import { type Language, language, speak } from '../../kit/i18n';
import { Button } from '../../kit/ui/Button';
import { TextField } from '../../kit/ui/Field';
import { Icon } from '../../kit/ui/Icon';
import { PASSWORD_CHARACTERS_MIN } from '../limits';
import { Snippet } from '../settings/Snippet';
import type { Inbox } from '../state/people';
import type { Router } from '../state/router';
import { type Me, type Session, reason } from '../state/session';
import { t } from '../words';
import { EntryFrame } from './Frame';
import { type Machine, MachinePanel } from './MachinePanel';
import { PasswordField } from './PasswordField';
import { type Strength, strength } from './strength';

type Step = 'language' | 'inbox' | 'owner' | 'embed';
const STEPS: readonly Step[] = ['language', 'inbox', 'owner', 'embed'];

interface SetUpProps {
  api: Api;
  router: Router;
  session: Session;
}

interface Answers {
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly inbox: string;
}

/** First run, one question a page; the link's secret stands in the fragment, which no log sees. */
export function SetUp({ api, router, session }: SetUpProps) {
  const [token] = useState(() => location.hash.slice(1));
  const [step, setStep] = useState<Step>('language');
  const [answers, setAnswers] = useState<Answers>({ name: '', email: '', password: '', inbox: '' });
  const [inbox, setInbox] = useState<Inbox | null>(null);
  const [publicUrl, setPublicUrl] = useState('');
  const [machine, setMachine] = useState<Machine | null>(null);
  useEffect(() => {
    if (token === '') return;
    // Beside the questions; who does not hear of the machine can answer them all the same.
    api.post<Machine>('api/v1/setup/machine', { token }).then(setMachine, () => undefined);
  }, [token]);
  if (token === '' && inbox === null) return <NoToken />;
  const create = async (): Promise<void> => {
    const { name, email, password, inbox: inboxName } = answers;
    await api.post('api/v1/setup', {
      token,
      name: name.trim(),
      email: email.trim(),
      password,
      language: language.value,
      inbox_name: inboxName.trim(),
    });
    history.replaceState(null, '', location.pathname);
    const { inboxes } = await api.get<{ inboxes: Inbox[] }>('api/v1/inboxes');
    const { public_url } = await api.get<Me>('api/v1/me');
    setPublicUrl(public_url);
    setInbox(inboxes[0] ?? null);
    setStep('embed');
  };
  const open = (): void => {
    router.go('', 'replace');
    void session.ask();
  };
  return (
    <EntryFrame aside={machine && <MachinePanel machine={machine} />}>
      <Steps at={step} />
      {step === 'language' && <LanguageStep onNext={() => setStep('inbox')} />}
      {step === 'inbox' && (
        <InboxStep
          answers={answers}
          onChange={setAnswers}
          onBack={() => setStep('language')}
          onNext={() => setStep('owner')}
        />
      )}
      {step === 'owner' && (
        <OwnerStep answers={answers} onChange={setAnswers} onBack={() => setStep('inbox')} onCreate={create} />
      )}
      {step === 'embed' && <EmbedStep inbox={inbox} publicUrl={publicUrl} onOpen={open} />}
    </EntryFrame>
  );
}

function NoToken() {
  const w = t();
  return (
    <EntryFrame>
      <h1>{w.noToken}</h1>
      <p class="body t2">{w.noTokenNext}</p>
      <code class="snippet">monodesk setup --link</code>
    </EntryFrame>
  );
}

function Steps({ at }: { at: Step }) {
  const w = t();
  const place = STEPS.indexOf(at);
  return (
    <ol class="steps" aria-label={w.setUp}>
      {STEPS.map((step, index) => (
        <li
          key={step}
          class={index < place ? 'done' : index === place ? 'on' : ''}
          aria-current={index === place ? 'step' : undefined}
        >
          <span class="num">{index < place ? <Icon name="check" size="s" /> : index + 1}</span>
          {w.steps[step]}
        </li>
      ))}
    </ol>
  );
}

function LanguageStep({ onNext }: { onNext: () => void }) {
  const w = t();
  return (
    <div class="entry-form">
      <Title title={w.languageTitle} hint={w.languageHint} />
      <div class="row" role="radiogroup" aria-label={w.language}>
        {(['zh', 'en'] as const satisfies readonly Language[]).map((choice) => (
          <label key={choice} class="choice">
            <input
              type="radio"
              class="sr"
              name="language"
              checked={language.value === choice}
              onChange={() => speak(choice)}
            />
            {w.languages[choice]}
          </label>
        ))}
      </div>
      <div>
        <Button kind="prime" size="l" onPress={onNext}>
          {w.next}
        </Button>
      </div>
    </div>
  );
}

interface StepProps {
  answers: Answers;
  onChange: (answers: Answers) => void;
  onBack: () => void;
}

function InboxStep({ answers, onChange, onBack, onNext }: StepProps & { onNext: () => void }) {
  const w = t();
  const [tried, setTried] = useState(false);
  const next = (): void => {
    if (answers.inbox.trim() === '') setTried(true);
    else onNext();
  };
  return (
    <StepForm onSubmit={next}>
      <Title title={w.inboxTitle} hint={w.inboxHint} />
      <TextField
        label={w.inboxName}
        large
        focus
        maxLength={100}
        value={answers.inbox}
        onInput={(inbox) => onChange({ ...answers, inbox })}
        error={tried && answers.inbox.trim() === '' ? w.required : undefined}
      />
      <Moves onBack={onBack}>{w.next}</Moves>
    </StepForm>
  );
}

function OwnerStep({ answers, onChange, onBack, onCreate }: StepProps & { onCreate: () => Promise<void> }) {
  const w = t();
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<string | undefined>();
  const errors = tried ? faults(answers) : {};
  const submit = async (): Promise<void> => {
    setTried(true);
    if (Object.values(faults(answers)).some(Boolean)) return;
    setBusy(true);
    try {
      await onCreate();
    } catch (error) {
      setWhy(reason(error));
      setBusy(false);
    }
  };
  return (
    <StepForm onSubmit={() => void submit()}>
      <Title title={w.ownerTitle} hint={w.ownerHint} />
      <TextField
        label={w.name}
        large
        focus
        autocomplete="name"
        maxLength={100}
        value={answers.name}
        onInput={(name) => onChange({ ...answers, name })}
        error={errors.name}
      />
      <TextField
        label={w.email}
        type="email"
        large
        autocomplete="username"
        maxLength={200}
        hint={w.emailHint}
        value={answers.email}
        onInput={(email) => onChange({ ...answers, email })}
        error={errors.email}
      />
      <PasswordField
        label={w.password}
        large
        autocomplete="new-password"
        hint={<Meter filled={strength(answers.password, PASSWORD_CHARACTERS_MIN)} />}
        value={answers.password}
        onInput={(password) => onChange({ ...answers, password })}
        error={errors.password}
      />
      {why && (
        <p class="hint bad" role="alert">
          {why}
        </p>
      )}
      <Moves onBack={onBack} busy={busy}>
        {w.createAccount}
      </Moves>
    </StepForm>
  );
}

interface EmbedStepProps {
  inbox: Inbox | null;
  publicUrl: string;
  onOpen: () => void;
}

function EmbedStep({ inbox, publicUrl, onOpen }: EmbedStepProps) {
  const w = t();
  return (
    <div class="entry-form">
      <Title title={w.embedTitle} hint={w.embedHint} />
      {inbox && <Snippet inboxId={inbox.id} publicUrl={publicUrl} />}
      <div class="row wrap">
        <Button kind="prime" size="l" onPress={onOpen}>
          {w.openDesk}
        </Button>
      </div>
    </div>
  );
}

/** How far the password has come, as a bar and in a word; below it what the server asks for. */
function Meter({ filled }: { filled: Strength }) {
  const w = t();
  return (
    <>
      <span class={`strength s${filled}`} aria-hidden="true">
        <i />
        <i />
        <i />
        <i />
      </span>
      {filled > 0 && <b class={filled > 1 ? 'ok' : undefined}>{w.strengths[filled - 1]} </b>}
      {w.passwordHint(PASSWORD_CHARACTERS_MIN)}
    </>
  );
}

function StepForm({ onSubmit, children }: { onSubmit: () => void; children: preact.ComponentChildren }) {
  return (
    <form
      class="entry-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}

function Title({ title, hint }: { title: string; hint: string }) {
  return (
    <div>
      <h1>{title}</h1>
      <p class="body t2">{hint}</p>
    </div>
  );
}

function Moves({ onBack, busy, children }: { onBack: () => void; busy?: boolean; children: string }) {
  return (
    <div class="row">
      <Button type="submit" kind="prime" size="l" busy={busy}>
        {children}
      </Button>
      <Button kind="ghost" size="l" onPress={onBack}>
        {t().previous}
      </Button>
    </div>
  );
}

function faults({ name, email, password }: Answers): { name?: string; email?: string; password?: string } {
  const w = t();
  return {
    ...(name.trim() === '' ? { name: w.required } : {}),
    ...(/^\S+@\S+\.\S+$/u.test(email.trim()) ? {} : { email: w.badEmail }),
    ...([...password].length < PASSWORD_CHARACTERS_MIN ? { password: w.shortPassword(PASSWORD_CHARACTERS_MIN) } : {}),
  };
}
