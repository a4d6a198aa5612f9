import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../../kit/api';
import { Badge, Count } from '../../kit/ui/Badge';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Dialog } from '../../kit/ui/Dialog';
import { Icon } from '../../kit/ui/Icon';
import { Tabs } from '../../kit/ui/Tabs';
import { follow } from '../state/router';
import { reason } from '../state/session';
import { t as common } from '../words';
import { ActionsTab } from './ActionsTab';
import { CasesTab } from './CasesTab';
import { DialogueTab } from './DialogueTab';
import { HistoryTab } from './HistoryTab';
import { PhrasesTab } from './PhrasesTab';
import { RepliesTab } from './RepliesTab';
import { RulesTab } from './RulesTab';
import { ScopeTab } from './ScopeTab';
import { useBook } from './book';
import { type Stored, readIntent, removeIntent, saveIntent } from './calls';
import { type Part, faultOf, merged, same } from './draft';
import { type Intent, titled } from './model';
import { Awaited } from './parts';
import { t } from './words';

const TABS = ['phrases', 'rules', 'replies', 'dialogue', 'actions', 'cases', 'scope', 'history'] as const;
type Tab = (typeof TABS)[number];
/** Nothing is saved there: phrases are stored at once. */
const STORED_APART: ReadonlySet<Tab> = new Set(['phrases', 'history'] as const);
const TAB_OF: Readonly<Record<Part, Tab>> = {
  title: 'scope', rules: 'rules', replies: 'replies', slots: 'dialogue', actions: 'actions', cases: 'cases', enabled: 'scope', inbox_ids: 'scope',
};

export interface PartProps {
  readonly intent: Intent;
  /** Who may not change intents reads them. */
  readonly may: boolean;
  readonly onChange: (change: Partial<Intent>) => void;
}

/** One intent: what is said, what is answered and done. */
export function IntentPage({ name }: { name: string }) {
  const book = useBook();
  const w = t();
  const [stored, setStored] = useState<Stored | null>(null);
  const [why, setWhy] = useState('');
  const load = (): void => {
    setWhy('');
    readIntent(book.desk, name).then(setStored, (error: unknown) => setWhy(reason(error)));
  };
  useEffect(load, [name]);
  return (
    <>
      <a class="link intents-back" href={book.desk.hrefOf('intents')} onClick={follow(book.desk.router, 'intents')}>
        <Icon name="left" size="s" /> {w.all}
      </a>
      {stored === null ? (
        <Card>
          <Awaited ready={false} why={why} title={w.oneFailed} retry={load}>
            {null}
          </Awaited>
        </Card>
      ) : (
        <Editor stored={stored} />
      )}
    </>
  );
}

interface Clash {
  /** What both changed, with what the other one saved of it. */
  readonly theirs: Intent;
  readonly both: readonly Part[];
}

function Editor({ stored }: { stored: Stored }) {
  const book = useBook();
  const { desk } = book;
  const w = t();
  const [base, setBase] = useState(stored);
  const [intent, setIntent] = useState(stored.intent);
  const [tab, setTab] = useState<Tab>('phrases');
  const [state, setState] = useState<{ readonly busy: boolean; readonly why: string; readonly saved: boolean }>({ busy: false, why: '', saved: false });
  const [clash, setClash] = useState<Clash | null>(null);
  const [told, setTold] = useState(false);
  const dirty = !same(intent, base.intent);
  const fault = faultOf(intent);
  const may = desk.may('intents.manage');
  const leaving = useGuard(dirty);
  const change = (part: Partial<Intent>): void => {
    setIntent((held) => ({ ...held, ...part }));
    setState((held) => ({ ...held, why: '', saved: false }));
  };
  const kept = (answer: Stored): void => {
    setBase(answer);
    setIntent(answer.intent);
    setClash(null);
    setTold(false);
    setState({ busy: false, why: '', saved: true });
    book.changed();
  };
  /** Somebody else saved meanwhile: his changes come in under mine, and what both changed is asked for. */
  const join = async (): Promise<void> => {
    const latest = await readIntent(desk, intent.name);
    const { intent: joined, both } = merged(base.intent, intent, latest.intent);
    setBase(latest);
    setIntent(joined);
    setTold(true);
    setClash(both.length === 0 ? null : { theirs: latest.intent, both });
    setState({ busy: false, why: '', saved: false });
  };
  /** Phrases are stored one by one: the count follows, nothing of the rest is touched. */
  const recount = (by: number): void => {
    setBase((held) => ({ ...held, phrases: Math.max(0, held.phrases + by) }));
    book.changed();
  };
  const save = async (): Promise<void> => {
    if (!dirty || fault !== null || clash !== null || state.busy) return;
    setState({ busy: true, why: '', saved: false });
    try {
      kept(await saveIntent(desk, intent, base.version));
    } catch (error) {
      if (error instanceof Problem && error.status === 409) await join().catch((again: unknown) => setState({ busy: false, why: reason(again), saved: false }));
      else setState({ busy: false, why: reason(error), saved: false });
    }
  };
  const props: PartProps = { intent, may, onChange: change };
  const counts: Partial<Record<Tab, number>> = {
    phrases: base.phrases, rules: intent.rules.length, replies: intent.replies.length,
    dialogue: intent.slots.length, actions: intent.actions.length, cases: intent.cases.length,
  };
  return (
    <div
      class="intents-stack intent-editor"
      onKeyDown={(event) => {
        if (event.key !== 's' || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        void save();
      }}
    >
      <Head intent={intent} />
      {told && clash === null && (
        <Banner icon="merge" tone="info">
          {w.joined}
        </Banner>
      )}
      {clash !== null && (
        <Deciding
          clash={clash}
          onDecided={(part, mine) => {
            if (!mine) change({ [part]: clash.theirs[part] });
            const both = clash.both.filter((one) => one !== part);
            setClash(both.length === 0 ? null : { ...clash, both });
          }}
          onLook={(part) => setTab(TAB_OF[part])}
        />
      )}
      <Tabs
        label={w.parts}
        tabs={TABS.map((key) => ({
          key,
          label: (
            <>
              {w.tabs[key]}
              {(counts[key] ?? 0) > 0 && <Count value={counts[key] ?? 0} />}
            </>
          ),
        }))}
        chosen={tab}
        onChoose={setTab}
      />
      {tab === 'phrases' && <PhrasesTab name={intent.name} count={base.phrases} may={may} onChanged={recount} />}
      {tab === 'rules' && <RulesTab {...props} />}
      {tab === 'replies' && <RepliesTab {...props} />}
      {tab === 'dialogue' && <DialogueTab {...props} />}
      {tab === 'actions' && <ActionsTab {...props} />}
      {tab === 'cases' && <CasesTab {...props} />}
      {tab === 'scope' && <ScopeTab {...props} phrases={base.phrases} onRemove={() => removeIntent(desk, intent.name)} />}
      {tab === 'history' && <HistoryTab name={intent.name} />}
      {may && (dirty || state.saved || !STORED_APART.has(tab)) && (
        <div class="intent-foot">
          <Button kind="prime" busy={state.busy} disabled={!dirty || fault !== null || clash !== null} reason={dirty && fault ? w.faults[fault.what] : undefined} keys="Ctrl+S" onPress={() => void save()}>
            {common().save}
          </Button>
          {dirty && (
            <Button kind="ghost" onPress={() => (setIntent(base.intent), setClash(null), setTold(false))}>
              {w.discard}
            </Button>
          )}
          {dirty && fault && tab !== TAB_OF[fault.part] && (
            <Button kind="ghost" onPress={() => setTab(TAB_OF[fault.part])}>
              {w.showFault(w.tabs[TAB_OF[fault.part]])}
            </Button>
          )}
          <span class={state.why === '' ? 'small t3 grow' : 'hint bad grow'} role={state.why === '' ? 'status' : 'alert'}>
            {state.why !== '' ? state.why : clash ? w.decideFirst : dirty ? (fault ? w.faultIn(w.tabs[TAB_OF[fault.part]], fault.index + 1, w.faults[fault.what]) : common().notSaved) : state.saved ? w.savedAtWork : ''}
          </span>
        </div>
      )}
      {leaving.asked && <Leaving onStay={leaving.stay} onLeave={leaving.leave} />}
    </div>
  );
}

function Head({ intent }: { intent: Intent }) {
  const w = t();
  return (
    <div class="intent-title">
      <h2>{titled(intent.title, intent.name)}</h2>
      <span class="mono small t3">{intent.name}</span>
      {!intent.enabled && <Badge tone="warn">{w.isOff}</Badge>}
    </div>
  );
}

/** What both changed: part by part, mine or theirs; nothing of mine is gone before that. */
function Deciding({ clash, onDecided, onLook }: { clash: Clash; onDecided: (part: Part, mine: boolean) => void; onLook: (part: Part) => void }) {
  const w = t();
  return (
    <section class="card intent-clash" role="alert" aria-label={w.clash}>
      <header class="card-head">
        <Icon name="merge" tone="warn" />
        <h3>{w.clash}</h3>
      </header>
      <p class="small t2">{w.clashWhat}</p>
      <ul>
        {clash.both.map((part) => (
          <li key={part} class="row wrap">
            <span class="mid grow">{w.partNames[part]}</span>
            <Button size="s" kind="ghost" onPress={() => onLook(part)}>
              {w.look}
            </Button>
            <Button size="s" onPress={() => onDecided(part, true)}>
              {w.keepMine}
            </Button>
            <Button size="s" onPress={() => onDecided(part, false)}>
              {w.takeTheirs}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface Leave {
  readonly asked: boolean;
  readonly stay: () => void;
  readonly leave: () => void;
}

/** Holds back who would leave work that is not saved: by a link, by Back, or by closing the tab. */
function useGuard(dirty: boolean): Leave {
  const book = useBook();
  const { router } = book.desk;
  const [asked, setAsked] = useState(false);
  const go = useRef<() => void>(() => undefined);
  useEffect(() => {
    book.unsaved.value = dirty;
    if (!dirty) return undefined;
    router.hold((leave) => {
      go.current = leave;
      setAsked(true);
      return false;
    });
    const closing = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', closing);
    return () => {
      router.letGo();
      book.unsaved.value = false;
      window.removeEventListener('beforeunload', closing);
    };
  }, [dirty]);
  return { asked, stay: () => setAsked(false), leave: () => (setAsked(false), go.current()) };
}

function Leaving({ onStay, onLeave }: { onStay: () => void; onLeave: () => void }) {
  const w = t();
  return (
    <Dialog
      title={w.leaveTitle}
      onClose={onStay}
      actions={
        <>
          <Button kind="harm" onPress={onLeave}>
            {w.leave}
          </Button>
          <Button kind="prime" onPress={onStay}>
            {w.stay}
          </Button>
        </>
      }
    >
      <p class="body">{w.leaveWhat}</p>
    </Dialog>
  );
}
