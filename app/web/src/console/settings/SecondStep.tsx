import { useEffect, useState } from 'preact/hooks';
import { fullDay } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { TextField } from '../../kit/ui/Field';
import { copy } from '../clipboard';
import { type Desk, useDesk } from '../state/desk';
import { reason } from '../state/session';
import { t as common } from '../words';
import { ProofForm } from './ProofForm';
import { QrCode } from './QrCode';
import { RecoveryCodes } from './RecoveryCodes';
import { SaveForm } from './SaveForm';
import { useKeptFocus } from './keptFocus';
import { t } from './securityWords';

const PATH = 'api/v1/me/second-step';
const FEW_CODES = 3;

interface State {
  readonly on: boolean;
  readonly since: number;
  readonly recovery_codes: number;
}

interface Draft {
  readonly secret: string;
  readonly picture: readonly string[];
}

type Doing =
  | { readonly what: 'nothing' | 'turning on' | 'turning off' | 'new codes' }
  | { readonly what: 'scanning'; readonly draft: Draft }
  | { readonly what: 'codes'; readonly codes: readonly string[] };

const NOTHING: Doing = { what: 'nothing' };

/** The second step of signing in: how it stands, on, off, and the codes for a lost phone. */
export function SecondStep({ onRenewed }: { onRenewed: () => void }) {
  const desk = useDesk();
  const w = t();
  const [state, setState] = useState<State | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const [doing, setDoing] = useState<Doing>(NOTHING);
  const load = (): void => {
    setFailed(null);
    desk.api.get<State>(PATH).then(setState, (error: unknown) => setFailed(reason(error)));
  };
  useEffect(load, []);
  const box = useKeptFocus(doing.what);
  const rest = (): void => setDoing(NOTHING);
  const renewed = (next: Doing): void => {
    setDoing(next);
    load();
    onRenewed();
  };
  return (
    <Card
      title={w.title}
      note={state && <Badge {...(state.on ? { tone: 'ok' as const } : {})}>{state.on ? w.on : w.off}</Badge>}
    >
      <div ref={box} tabIndex={-1}>
        {failed !== null && <Failed why={failed} onRetry={load} />}
        {state && doing.what === 'nothing' && <Standing state={state} onDo={setDoing} />}
        {doing.what === 'turning on' && <TurnOn desk={desk} onDraft={setDoing} onCancel={rest} />}
        {doing.what === 'scanning' && <Scan desk={desk} draft={doing.draft} onDone={renewed} onCancel={rest} />}
        {doing.what === 'codes' && <RecoveryCodes codes={doing.codes} onKept={rest} />}
        {doing.what === 'new codes' && <NewCodes desk={desk} onDone={renewed} onCancel={rest} />}
        {doing.what === 'turning off' && <TurnOff desk={desk} onDone={renewed} onCancel={rest} />}
      </div>
    </Card>
  );
}

function Failed({ why, onRetry }: { why: string; onRetry: () => void }) {
  return (
    <div class="card-body">
      <p class="hint bad" role="alert">
        {t().failed(why)}
      </p>
      <div>
        <Button onPress={onRetry}>{common().retry}</Button>
      </div>
    </div>
  );
}

function Standing({ state, onDo }: { state: State; onDo: (doing: Doing) => void }) {
  const w = t();
  if (!state.on)
    return (
      <div class="card-body">
        <div class="prose">
          <p>{w.why}</p>
          <p class="t3">{w.needs}</p>
        </div>
        <div>
          <Button onPress={() => onDo({ what: 'turning on' })}>{w.turnOn}</Button>
        </div>
      </div>
    );
  const few = state.recovery_codes < FEW_CODES;
  return (
    <div class="card-body">
      <p class="row wrap">
        <span>{w.since(fullDay(state.since, language.value))}</span>
        <span class={few ? 'tone-warn' : undefined}>
          {w.left(state.recovery_codes)} {few && w.few}
        </span>
      </p>
      <div class="row wrap">
        <Button onPress={() => onDo({ what: 'new codes' })}>{w.newCodes}</Button>
        <Button kind="harm" onPress={() => onDo({ what: 'turning off' })}>
          {w.turnOff}
        </Button>
      </div>
    </div>
  );
}

interface DoingProps {
  desk: Desk;
  onDone: (next: Doing) => void;
  onCancel: () => void;
}

function TurnOn({ desk, onDraft, onCancel }: { desk: Desk; onDraft: (doing: Doing) => void; onCancel: () => void }) {
  const begin = async (password: string): Promise<void> =>
    onDraft({ what: 'scanning', draft: await desk.api.post<Draft>(PATH, { password }) });
  return <ProofForm desk={desk} action={t().next} onProven={begin} onCancel={onCancel} />;
}

function Scan({ desk, draft, onDone, onCancel }: DoingProps & { draft: Draft }) {
  const w = t();
  const [code, setCode] = useState('');
  const [copied, setCopied] = useState(false);
  const confirm = async (): Promise<void> => {
    const { codes } = await desk.api.post<{ codes: string[] }>(`${PATH}/confirm`, { code });
    onDone({ what: 'codes', codes });
  };
  const take = async (): Promise<void> => setCopied(await copy(draft.secret));
  return (
    <SaveForm
      dirty={code.trim() !== ''}
      fault={code.trim() === '' ? common().needed(w.firstCode) : null}
      action={w.turnOn}
      quiet
      onSave={confirm}
      onCancel={onCancel}
    >
      <div class="scan">
        <QrCode rows={draft.picture} label={w.picture} />
        <div class="scan-steps">
          <div class="col">
            <span class="mid">{w.scan}</span>
            <span class="small t3">{w.orType}</span>
          </div>
          <div class="row wrap">
            <code class="snippet" lang="en">
              {draft.secret.match(/.{1,4}/g)?.join(' ')}
            </code>
            <Button size="s" icon={copied ? 'check' : 'copy'} onPress={() => void take()}>
              {copied ? w.copied : w.copy}
            </Button>
          </div>
          <TextField
            label={w.firstCode}
            field="code"
            hint={w.firstCodeHint}
            autocomplete="one-time-code"
            inputMode="numeric"
            maxLength={40}
            focus
            value={code}
            onInput={setCode}
          />
        </div>
      </div>
    </SaveForm>
  );
}

function NewCodes({ desk, onDone, onCancel }: DoingProps) {
  const w = t();
  const make = async (password: string): Promise<void> => {
    const { codes } = await desk.api.post<{ codes: string[] }>(`${PATH}/codes`, { password });
    onDone({ what: 'codes', codes });
  };
  return (
    <ProofForm desk={desk} action={w.makeCodes} onProven={make} onCancel={onCancel}>
      <p>{w.newCodesWhy}</p>
    </ProofForm>
  );
}

function TurnOff({ desk, onDone, onCancel }: DoingProps) {
  const w = t();
  const off = async (password: string): Promise<void> => {
    await desk.api.post(`${PATH}/off`, { password });
    desk.say(w.turnedOff);
    onDone(NOTHING);
  };
  return (
    <ProofForm desk={desk} action={w.turnOff} onProven={off} onCancel={onCancel}>
      <p>{w.turnOffWhy}</p>
    </ProofForm>
  );
}
