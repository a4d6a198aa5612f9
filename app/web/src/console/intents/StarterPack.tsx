import { useEffect, useState } from 'preact/hooks';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { TextField } from '../../kit/ui/Field';
import { sentences } from '../../kit/i18n';
import { reason } from '../state/session';
import { t as common } from '../words';
import { Remarks } from './Bring';
import { useBook } from './book';
import { type Brought, type Fact, loadStarter, starterFacts } from './calls';
import { count } from './figures';
import { type Texts, titled } from './model';
import { Awaited } from './parts';
import { t } from './words';

const SENTENCE_MAX = 500;

/** Loads the intents of a shop; what only the shop knows is asked for first, and none of it has to be said. */
export function StarterPack({ onClose }: { onClose: () => void }) {
  const book = useBook();
  const w = t();
  const [facts, setFacts] = useState<readonly Fact[] | null>(null);
  const [said, setSaid] = useState<Readonly<Record<string, Texts>>>({});
  const [state, setState] = useState<{ readonly busy: boolean; readonly why: string; readonly told: Brought | null }>({ busy: false, why: '', told: null });
  const load = (): void => {
    starterFacts(book.desk).then(
      (held) => (setFacts(held), setState((before) => ({ ...before, why: '' }))),
      (error: unknown) => setState((before) => ({ ...before, why: reason(error) })),
    );
  };
  useEffect(load, []);
  const go = async (): Promise<void> => {
    setState({ busy: true, why: '', told: null });
    try {
      const told = await loadStarter(book.desk, filled(said));
      setState({ busy: false, why: '', told });
      book.changed();
    } catch (error) {
      setState({ busy: false, why: reason(error), told: null });
    }
  };
  const { told } = state;
  return (
    <Dialog
      wide
      title={w.starterTitle}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{told ? w.close : common().cancel}</Button>
          {!told && (
            <Button kind="prime" busy={state.busy} disabled={facts === null} onPress={() => void go()}>
              {w.starterGo}
            </Button>
          )}
        </>
      }
    >
      {told ? (
        <>
          <Banner tone="ok" icon="check">
            {sentences(w.starterDone, w.counts(count(told.phrases), count(told.duplicates), count(told.created), count(told.changed)))}
          </Banner>
          <Remarks told={told} />
        </>
      ) : (
        <>
          <p class="t2">{w.starterLead}</p>
          {facts !== null && state.why !== '' && (
            <p class="hint bad" role="alert">
              {state.why}
            </p>
          )}
          <Awaited ready={facts !== null} why={state.why} title={w.starterFailed} retry={load} rows={5}>
            <div class="starter-facts" tabIndex={0} role="region" aria-label={w.starterTitle}>
              {facts?.map((fact) => (
                <fieldset key={fact.name} class="permissions starter-fact">
                  <legend class="label">{titled(fact.question, fact.name)}</legend>
                  <div class="form-grid">
                    {(['zh', 'en'] as const).map((language) => (
                      <TextField
                        key={language}
                        label={w.languages[language]}
                        hint={w.starterOtherwise(fact.otherwise[language] ?? '')}
                        maxLength={SENTENCE_MAX}
                        value={said[fact.name]?.[language] ?? ''}
                        onInput={(text) => setSaid({ ...said, [fact.name]: { ...said[fact.name], [language]: text } })}
                      />
                    ))}
                  </div>
                </fieldset>
              ))}
            </div>
          </Awaited>
        </>
      )}
    </Dialog>
  );
}

/** Only what was said: the rest has its default. */
function filled(said: Readonly<Record<string, Texts>>): Readonly<Record<string, Texts>> {
  const entries = Object.entries(said).map(([name, texts]) => [name, Object.fromEntries(Object.entries(texts).filter(([, text]) => text.trim() !== ''))] as const);
  return Object.fromEntries(entries.filter(([, texts]) => Object.keys(texts).length > 0));
}
