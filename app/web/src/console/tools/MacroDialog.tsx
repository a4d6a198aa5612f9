import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { Failure } from '../../kit/ui/Empty';
import { TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import type { Desk } from '../state/desk';
import { type Macro, type Preview, matching } from '../state/macros';
import { follow } from '../state/router';
import { reason } from '../state/session';
import { t as words } from '../words';
import { describe } from './describe';
import './MacroDialog.css';
import { t } from './words';

/** Chooses a macro, shows what it would do here, and does it. What is written in the field stays there. */
export function MacroDialog({ desk, conv, chosen }: { desk: Desk; conv: string; chosen: string }) {
  const w = t();
  const macro = desk.macros.all.value.find(({ id }) => id === chosen);
  const close = (): void => {
    desk.macros.open.value = null;
  };
  if (macro) return <Previewed key={macro.id} desk={desk} conv={conv} macro={macro} onClose={close} />;
  return (
    <Dialog title={w.macros} onClose={close} actions={<Button kind="ghost" onPress={close}>{words().cancel}</Button>}>
      <Choice desk={desk} />
    </Dialog>
  );
}

function Choice({ desk }: { desk: Desk }) {
  const w = t();
  const [query, setQuery] = useState('');
  useEffect(() => void desk.macros.load(), []);
  const found = matching(desk.macros.all.value, query);
  const choose = (macro: Macro): void => {
    desk.macros.open.value = macro.id;
  };
  const first = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.isComposing || !found[0]) return;
    event.preventDefault();
    choose(found[0]);
  };
  if (desk.macros.phase.value === 'ready' && desk.macros.all.value.length === 0)
    return (
      <p class="t2">
        {w.noMacros}{' '}
        <a href={desk.hrefOf('settings/macros')} onClick={follow(desk.router, 'settings/macros')}>
          {w.toMacros}
        </a>
      </p>
    );
  return (
    <div onKeyDown={first}>
      <TextField label={w.findMacro} focus value={query} onInput={setQuery} />
      <div class="targets">
        {found.map((macro) => (
          <button key={macro.id} type="button" class="macro" onClick={() => choose(macro)}>
            <span class="mid">{macro.name}</span>
            <span class="small t3 cut">{macro.actions.map((action) => describe(desk, action)).join(' · ')}</span>
          </button>
        ))}
        {found.length === 0 && <p class="small t3">{w.noMacroFits}</p>}
      </div>
    </div>
  );
}

type Loaded = { phase: 'loading' } | { phase: 'failed'; why: string } | { phase: 'ready'; preview: Preview };

function Previewed({ desk, conv, macro, onClose }: { desk: Desk; conv: string; macro: Macro; onClose: () => void }) {
  const w = t();
  const [loaded, setLoaded] = useState<Loaded>({ phase: 'loading' });
  const [round, setRound] = useState(0);
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState('');
  useEffect(() => {
    const aborter = new AbortController();
    desk.macros.preview(conv, macro.id, aborter.signal).then(
      (preview) => setLoaded({ phase: 'ready', preview }),
      (error: unknown) => !aborter.signal.aborted && setLoaded({ phase: 'failed', why: reason(error) }),
    );
    return () => aborter.abort();
  }, [conv, macro.id, round]);
  const run = async (): Promise<void> => {
    if (loaded.phase !== 'ready') return;
    setBusy(true);
    const refused = await desk.runMacro(conv, macro, loaded.preview.expected);
    setBusy(false);
    if (refused === null) return onClose();
    setWhy(refused);
    setRound(round + 1); // what would be done now
  };
  return (
    <Dialog
      title={macro.name}
      onClose={onClose}
      actions={
        <>
          <Button kind="ghost" onPress={onClose}>
            {words().cancel}
          </Button>
          <Button kind="prime" busy={busy} disabled={loaded.phase !== 'ready'} onPress={() => void run()}>
            {w.runMacro}
          </Button>
        </>
      }
    >
      <p class="t2">{w.macroWhat}</p>
      {why !== '' && <p class="hint bad" role="alert">{why}</p>}
      {loaded.phase === 'loading' && <Skeleton label={words().loading} rows={3} face={false} />}
      {loaded.phase === 'failed' && <Failure title={w.macroCannot} reason={loaded.why} />}
      {loaded.phase === 'ready' && (
        <ol class="macro-steps" aria-label={w.macroSteps}>
          {loaded.preview.steps.map(({ action, text }, index) => (
            <li key={index}>
              <div class="mid">{describe(desk, action)}</div>
              {text !== '' && <div class={action.do === 'note' ? 'macro-words note' : 'macro-words'}>{text}</div>}
            </li>
          ))}
        </ol>
      )}
    </Dialog>
  );
}
