import { useEffect, useRef, useState } from 'preact/hooks';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { SelectField } from '../../kit/ui/Field';
import { Progress } from '../../kit/ui/Progress';
import { sentences } from '../../kit/i18n';
import { reason } from '../state/session';
import { said } from '../systems/said';
import { t as common } from '../words';
import { useBook } from './book';
import { type Brought, FORMATS, type Format, bringFile } from './calls';
import { count } from './figures';
import { t } from './words';

interface State {
  readonly busy: boolean;
  readonly why: string;
  readonly told: Brought | null;
  readonly done: number;
}

const IDLE: State = { busy: false, why: '', told: null, done: 0 };

/** Intents of a file: looked at first, then taken in, all of it or nothing. */
export function Bring({ onClose }: { onClose: () => void }) {
  const book = useBook();
  const w = t();
  const chooser = useRef<HTMLInputElement>(null);
  const aborter = useRef(new AbortController());
  const [file, setFile] = useState<File | null>(null);
  const [format, setFormat] = useState<Format | ''>('');
  const [state, setState] = useState(IDLE);
  useEffect(() => () => aborter.current.abort(), []);
  const choose = (chosen: File | undefined): void => {
    if (!chosen) return;
    setFile(chosen);
    setState(IDLE);
  };
  const go = async (rehearse: boolean): Promise<void> => {
    if (file === null) return;
    setState((held) => ({ ...held, busy: true, why: '', done: 0 }));
    try {
      const told = await bringFile(book.desk, file, format, rehearse, (bytes) => setState((held) => ({ ...held, done: bytes / Math.max(1, file.size) })), aborter.current.signal);
      setState({ ...IDLE, told });
      if (told.done) book.changed();
    } catch (error) {
      if (!aborter.current.signal.aborted) setState({ ...IDLE, why: reason(error) });
    }
  };
  const { told } = state;
  return (
    <Dialog
      title={w.bringTitle}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{told?.done ? w.close : common().cancel}</Button>
          {told === null ? (
            <Button kind="prime" busy={state.busy} disabled={file === null} onPress={() => void go(true)}>
              {w.lookInside}
            </Button>
          ) : (
            !told.done && (
              <Button kind="prime" busy={state.busy} disabled={told.problems.length > 0} onPress={() => void go(false)}>
                {w.bringGo}
              </Button>
            )
          )}
        </>
      }
    >
      <p class="t2">{w.bringLead}</p>
      <div class="row wrap">
        <input ref={chooser} class="sr" type="file" accept=".csv,.tsv,.yml,.yaml,.txt,.zip" tabIndex={-1} aria-label={w.file} onChange={(event) => choose(event.currentTarget.files?.[0])} />
        <Button icon="file" onPress={() => chooser.current?.click()}>
          {w.chooseFile}
        </Button>
        <span class="small t2">{file?.name ?? w.noFile}</span>
      </div>
      <SelectField label={w.format} value={format} choices={[{ value: '', label: w.foundOut }, ...FORMATS.map((value) => ({ value, label: w.formats[value] }))]} onChange={(value) => (setFormat(value as Format | ''), setState(IDLE))} />
      <div aria-live="polite" class="intents-stack">
        {state.busy && <Progress done={state.done} label={w.bringing} />}
        {state.why !== '' && (
          <Banner tone="danger" icon="stop">
            {state.why}
          </Banner>
        )}
        {told && <Told told={told} />}
      </div>
      {told && <Remarks told={told} />}
    </Dialog>
  );
}

/** What a file brought, or would bring. */
export function Told({ told }: { told: Brought }) {
  const w = t();
  const bad = told.problems.length > 0;
  const counts = w.counts(count(told.phrases), count(told.duplicates), count(told.created), count(told.changed));
  return (
    <Banner tone={bad ? 'danger' : told.done ? 'ok' : 'info'} icon={bad ? 'stop' : told.done ? 'check' : 'info'}>
      {bad ? w.nothingBrought(told.problems.length) : sentences(told.done ? w.brought : w.wouldBring, counts)}
    </Banner>
  );
}

const REMARKS_SHOWN = 100;

export function Remarks({ told }: { told: Brought }) {
  const w = t();
  const remarks = [...told.problems, ...told.warnings].slice(0, REMARKS_SHOWN);
  const left = Object.entries(told.left).filter(([, number]) => number > 0);
  if (remarks.length === 0 && left.length === 0) return null;
  return (
    <ul class="intents-problems small" aria-label={w.problems} tabIndex={0}>
      {remarks.map((remark, index) => (
        <li key={index}>
          {remark.line > 0 && <span class="num t3">{w.lineNo(remark.line)} </span>}
          {said(remark)}
        </li>
      ))}
      {left.length > 0 && <li class="t3">{w.leftBehind(left.map(([kind, number]) => `${kind} ${number}`).join(', '))}</li>}
    </ul>
  );
}
