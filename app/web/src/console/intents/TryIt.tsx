import { useEffect, useRef, useState } from 'preact/hooks';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Icon } from '../../kit/ui/Icon';
import { Progress } from '../../kit/ui/Progress';
import type { IconName } from '../../kit/icons/names';
import { reason } from '../state/session';
import { useBook } from './book';
import { type Tried, teach, tryText } from './calls';
import { count, lasted, percent } from './figures';
import type { Classification } from './model';
import { t } from './words';

const TEXT_MAX = 2_000;
const NEAR_SHOWN = 3;

/** A message to try: what would be done with it and why, and teaching it right there. */
export function TryIt({ onClose }: { onClose?: (() => void) | undefined }) {
  const book = useBook();
  const { desk } = book;
  const w = t().tryIt;
  const [text, setText] = useState('');
  const [inbox, setInbox] = useState('');
  const [language, setLanguage] = useState('');
  const [tried, setTried] = useState<(Tried & { readonly text: string }) | null>(null);
  const [state, setState] = useState<{ readonly busy: boolean; readonly why: string }>({ busy: false, why: '' });
  const round = useRef(0);
  const ask = async (): Promise<void> => {
    const said = text.trim();
    if (said === '') return;
    const mine = (round.current += 1);
    setState({ busy: true, why: '' });
    try {
      const answer = await tryText(desk, said, inbox, language);
      if (mine !== round.current) return;
      setTried({ ...answer, text: said });
      setState({ busy: false, why: '' });
    } catch (error) {
      if (mine === round.current) setState({ busy: false, why: reason(error) });
    }
  };
  useEffect(() => {
    if (tried !== null && book.round.value > 0) void ask();
  }, [book.round.value]);
  const inboxes = [...desk.people.inboxes.value.values()].map(({ id, name }) => ({ value: id, label: name }));
  return (
    <section class="side intents-side" aria-label={w.title}>
      <header class="intents-side-head">
        <h2 class="grow">{w.title}</h2>
        {onClose && <Button kind="ghost" size="s" icon="x" label={w.close} onPress={onClose} />}
      </header>
      <div class="scroll intents-side-body">
        <form
          class="intents-stack"
          onSubmit={(event) => {
            event.preventDefault();
            void ask();
          }}
        >
          <TextField label={w.text} lines={2} maxLength={TEXT_MAX} value={text} onInput={setText} focus={onClose !== undefined} />
          <div class="intents-pair">
            <SelectField label={w.inbox} value={inbox} choices={[{ value: '', label: w.anyInbox }, ...inboxes]} onChange={setInbox} />
            <SelectField label={w.language} value={language} choices={[{ value: '', label: w.anyLanguage }, { value: 'zh', label: t().languages.zh }, { value: 'en', label: t().languages.en }]} onChange={setLanguage} />
          </div>
          <div>
            <Button type="submit" kind="prime" icon="play" busy={state.busy} disabled={text.trim() === ''}>
              {w.go}
            </Button>
          </div>
        </form>
        {book.unsaved.value && (
          <p class="small t3">
            <Icon name="info" size="s" /> {w.unsaved}
          </p>
        )}
        {state.why !== '' && (
          <Banner tone="danger" icon="stop">
            {state.why}
          </Banner>
        )}
        <div aria-live="polite" class="intents-stack">
          {tried ? <Result key={tried.text} tried={tried} text={tried.text} /> : state.why === '' && <p class="small t3">{w.empty}</p>}
        </div>
      </div>
    </section>
  );
}

function Result({ tried, text }: { tried: Tried; text: string }) {
  const book = useBook();
  const w = t().tryIt;
  const { classification: found } = tried;
  if (found === null) return <p class="small t2">{w.noEngine}</p>;
  const { outcome, intent, confidence, candidates } = found;
  return (
    <>
      <div class="tried-head">
        <span class={outcome === 'answer' ? 'tried-share num' : 'tried-share num low'}>{percent(confidence, 0)}</span>
        <div class="grow">
          <h3>{intent === '' ? w.nothing : book.titleOf(intent)}</h3>
          <p class="small t2">{w.outcomes[outcome]}</p>
        </div>
      </div>
      <p class="small t3 num">{[w.tiers[found.tier], book.answersFrom.value === null ? '' : w.threshold(percent(book.answersFrom.value, 0)), lasted(tried.microseconds)].filter(Boolean).join(' · ')}</p>
      <Layers found={found} />
      {candidates.length > 0 && (
        <ol class="tried-second" aria-label={w.candidates}>
          {candidates.map((one) => (
            <li key={one.intent}>
              <span class="grow">{book.titleOf(one.intent)}</span>
              <Progress done={one.confidence} label={book.titleOf(one.intent)} />
              <span class="num">{percent(one.confidence)}</span>
            </li>
          ))}
        </ol>
      )}
      {Object.keys(found.slots).length > 0 && (
        <dl class="tried-slots">
          {Object.entries(found.slots).map(([name, value]) => (
            <div key={name}>
              <dt class="mono">{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {found.normalised !== '' && (
        <p class="small t3">
          {w.read} <span class="mono">{found.normalised}</span>
        </p>
      )}
      <Teach text={text} found={found} />
    </>
  );
}

/** The layers in the order in which they ran, with what each said. */
function Layers({ found }: { found: Classification }) {
  const book = useBook();
  const w = t().tryIt;
  return (
    <ul class="tried-layers">
      <Layer icon="lock" name={w.rule} on={found.tier === 'rule' || found.tier === 'confirmed'}>
        {found.tier === 'confirmed' ? w.confirmed : found.rule === '' ? w.noRule : <span class="mono">{found.rule}</span>}
      </Layer>
      <Layer icon="link" name={w.similar} on={found.tier === 'fuzzy'} value={found.near[0] && count(Math.round(found.near[0].ratio))}>
        {found.near.length === 0
          ? w.noNear
          : found.near.slice(0, NEAR_SHOWN).map((near) => (
              <span key={near.text} class="tried-near">
                {w.quoted(near.text)} <span class="t3">{book.titleOf(near.intent)}</span>
              </span>
            ))}
      </Layer>
      <Layer icon="chip" name={w.model} on={found.tier === 'model' || found.tier === 'pack'} value={found.maximum > 0 ? found.maximum.toFixed(2) : undefined}>
        {found.maximum > 0 || found.margin > 0 ? w.margin(found.margin.toFixed(2)) : w.notAsked}
      </Layer>
    </ul>
  );
}

function Layer({ icon, name, on, value, children }: { icon: IconName; name: string; on: boolean; value?: string | undefined; children: preact.ComponentChildren }) {
  return (
    <li class={on ? 'on' : undefined}>
      <Icon name={icon} />
      <span class="tried-layer">{name}</span>
      <span class="grow">{children}</span>
      {value !== undefined && <span class="badge bot num">{value}</span>}
      {on && <Icon name="check" label={t().tryIt.decided} />}
    </li>
  );
}

/** Says what it is: an exact override at once, and a phrase to learn from. */
function Teach({ text, found }: { text: string; found: Classification }) {
  const book = useBook();
  const { desk } = book;
  const w = t().tryIt;
  const [chosen, setChosen] = useState('');
  const [state, setState] = useState<{ readonly busy: boolean; readonly why: string }>({ busy: false, why: '' });
  if (!desk.may('intents.manage')) return null;
  const say = async (intent: string, verdict: 'right' | 'this'): Promise<void> => {
    setState({ busy: true, why: '' });
    try {
      await teach(desk, text, intent, verdict);
      desk.say(intent === '' ? w.taughtNone : w.taught(book.titleOf(intent)));
      setState({ busy: false, why: '' });
      book.changed();
    } catch (error) {
      setState({ busy: false, why: reason(error) });
    }
  };
  return (
    <div class="intents-stack tried-teach">
      {found.intent !== '' && found.tier !== 'confirmed' && (
        <div>
          <Button icon="check" busy={state.busy} onPress={() => void say(found.intent, 'right')}>
            {w.right(book.titleOf(found.intent))}
          </Button>
        </div>
      )}
      <div class="tried-choose">
        <SelectField
          label={w.itIs}
          value={chosen}
          choices={[{ value: '', label: w.choose }, { value: NONE, label: w.none }, ...book.choices()]}
          onChange={setChosen}
        />
        <Button busy={state.busy} disabled={chosen === ''} onPress={() => void say(chosen === NONE ? '' : chosen, 'this')}>
          {w.teach}
        </Button>
      </div>
      {state.why !== '' && (
        <p class="hint bad" role="alert">
          {state.why}
        </p>
      )}
    </div>
  );
}

/** No intent can be called so. */
const NONE = '_none';
