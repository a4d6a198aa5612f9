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
import { type Brought, bringTable } from './calls';
import { count } from './figures';
import { FORMATS, type Format, tableOf } from './files';
import { t } from './words';

const EXTENSIONS: Readonly<Record<string, Format>> = { yml: 'rasa', yaml: 'rasa', csv: 'csv', tsv: 'csv' };

interface State {
  readonly busy: boolean;
  readonly why: string;
  readonly told: Brought | null;
  readonly done: number;
}

const IDLE: State = { busy: false, why: '', told: null, done: 0 };

/** Phrases of a file; what is not a table is made one here, so that the server reads one form. */
export function Bring({ onClose }: { onClose: () => void }) {
  const book = useBook();
  const w = t();
  const chooser = useRef<HTMLInputElement>(null);
  const aborter = useRef(new AbortController());
  const [file, setFile] = useState<File | null>(null);
  const [format, setFormat] = useState<Format>('csv');
  const [state, setState] = useState(IDLE);
  useEffect(() => () => aborter.current.abort(), []);
  const choose = (chosen: File | undefined): void => {
    if (!chosen) return;
    setFile(chosen);
    setState(IDLE);
    const guess = EXTENSIONS[chosen.name.split('.').pop()?.toLowerCase() ?? ''];
    if (guess) setFormat(guess);
  };
  const go = async (): Promise<void> => {
    if (file === null) return;
    setState({ ...IDLE, busy: true });
    try {
      const table = await tableOf(file, format);
      if (table === null) {
        setState({ ...IDLE, why: w.emptyFile });
        return;
      }
      const told = await bringTable(book.desk, table, (bytes) => setState((held) => ({ ...held, done: bytes / Math.max(1, table.size) })), aborter.current.signal);
      setState({ ...IDLE, told });
      book.changed();
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
          <Button onPress={onClose}>{told ? w.close : common().cancel}</Button>
          {!told && (
            <Button kind="prime" busy={state.busy} disabled={file === null} onPress={() => void go()}>
              {w.bringGo}
            </Button>
          )}
        </>
      }
    >
      <p class="t2">{w.bringLead}</p>
      <div class="row wrap">
        <input ref={chooser} class="sr" type="file" accept=".csv,.tsv,.yml,.yaml,.txt" tabIndex={-1} aria-label={w.file} onChange={(event) => choose(event.currentTarget.files?.[0])} />
        <Button icon="file" onPress={() => chooser.current?.click()}>
          {w.chooseFile}
        </Button>
        <span class="small t2">{file?.name ?? w.noFile}</span>
      </div>
      <SelectField label={w.format} value={format} choices={FORMATS.map((value) => ({ value, label: w.formats[value] }))} onChange={(value) => setFormat(value as Format)} />
      <div aria-live="polite" class="intents-stack">
        {state.busy && <Progress done={state.done} label={w.bringing} />}
        {state.why !== '' && (
          <Banner tone="danger" icon="stop">
            {state.why}
          </Banner>
        )}
        {told && (
          <Banner tone={told.left_out > 0 ? 'warn' : 'ok'} icon={told.left_out > 0 ? 'warn' : 'check'}>
            {sentences(w.brought(count(told.added), count(told.known), count(told.created.length)), told.out_of_scope > 0 ? w.outOfScope(told.out_of_scope) : '', told.left_out > 0 ? w.leftOut(told.left_out) : '')}
          </Banner>
        )}
      </div>
      {told && told.problems.length > 0 && (
        <ul class="intents-problems small" aria-label={w.problems} tabIndex={0}>
          {told.problems.map((problem) => (
            <li key={problem.line}>
              <span class="num t3">{w.lineNo(problem.line)}</span> {said(problem)}
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
