import { useEffect, useRef, useState } from 'preact/hooks';
import { Badge, Key } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Dialog } from '../../kit/ui/Dialog';
import { Empty } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Problem } from '../../kit/api';
import { NotYours } from '../frame/NotYours';
import { reason } from '../state/session';
import { t as common } from '../words';
import { useBook } from './book';
import { type Decision, REVIEW, type Suggestion, decide } from './calls';
import { nameOf } from './draft';
import { NAME } from './model';
import { useBefore } from './pages';
import { Awaited } from './parts';
import { t } from './words';

const TEXTS_SHOWN = 5;

/** What solved chats suggest: new phrases of an intent, and groups of questions that none answers yet. */
export function ReviewPage() {
  const book = useBook();
  const { desk } = book;
  const w = t().review;
  const { rows, more, why, load } = useBefore<Suggestion>(desk, REVIEW, 'suggestions');
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const [editing, setEditing] = useState<Suggestion | null>(null);
  const frame = useRef<HTMLOListElement>(null);
  const may = desk.may('intents.manage');
  const left = rows?.filter(({ id }) => !gone.has(id)) ?? [];
  /** Away with it at once, the focus on what follows; back where the server will not. */
  const act = async (one: Suggestion, what: () => Promise<unknown>, told: string): Promise<void> => {
    const index = left.indexOf(one);
    setGone((held) => new Set(held).add(one.id));
    requestAnimationFrame(() => {
      const items = frame.current?.querySelectorAll<HTMLElement>(':scope > li') ?? [];
      items[Math.min(index, items.length - 1)]?.focus();
    });
    try {
      await what();
      desk.say(told);
      book.changed();
    } catch (error) {
      desk.say(reason(error));
      if (error instanceof Problem && (error.status === 404 || error.status === 409)) return; // somebody else has decided
      setGone((held) => new Set([...held].filter((id) => id !== one.id)));
    }
  };
  const accept = (one: Suggestion): void => {
    if (one.kind === 'intent') setEditing(one);
    else void act(one, () => decide(desk, one.id, true), w.accepted(book.titleOf(one.intent)));
  };
  const reject = (one: Suggestion): void => void act(one, () => decide(desk, one.id, false), w.rejected);
  useEffect(() => {
    if (rows !== null && left.length === 0 && more) load(true);
  }, [left.length, more]);
  if (!may) return <NotYours />;
  return (
    <>
      <div class="review-lead">
        <p class="small t2 grow">{w.lead}</p>
        {may && left.length > 0 && (
          <span class="row row-s small t3 not-phone">
            <Key>↑</Key> <Key>↓</Key> {w.keyMove} <Key>Y</Key> {w.keyYes} <Key>E</Key> {w.keyEdit} <Key>N</Key> {w.keyNo}
          </span>
        )}
      </div>
      <Card>
        <Awaited ready={rows !== null} why={why} title={w.failed} retry={() => load()} rows={6}>
          {left.length === 0 && !more ? (
            <Empty icon="check" title={w.none}>
              {w.noneNext}
            </Empty>
          ) : (
            <ol ref={frame} class="review" aria-label={t().pages.review}>
              {left.map((one, index) => (
                <li
                  key={one.id}
                  tabIndex={index === 0 ? 0 : -1}
                  aria-label={labelOf(one, book.titleOf)}
                  onKeyDown={(event) => steer(event, { yes: () => may && accept(one), edit: () => may && setEditing(one), no: () => may && reject(one) })}
                >
                  <Row one={one} may={may} onAccept={() => accept(one)} onEdit={() => setEditing(one)} onReject={() => reject(one)} />
                </li>
              ))}
            </ol>
          )}
          {more && left.length > 0 && (
            <div class="card-foot">
              <Button size="s" onPress={() => load(true)}>
                {t().morePhrases}
              </Button>
            </div>
          )}
        </Awaited>
      </Card>
      {editing && (
        <Edit
          one={editing}
          onClose={() => setEditing(null)}
          onAccept={async (body, told) => {
            await decide(desk, editing.id, true, body);
            setGone((held) => new Set(held).add(editing.id));
            setEditing(null);
            desk.say(told);
            book.changed();
          }}
        />
      )}
    </>
  );
}

function labelOf(one: Suggestion, titleOf: (name: string) => string): string {
  const w = t().review;
  return one.kind === 'intent' ? w.newLabel(one.texts.length) : w.phraseLabel(one.texts[0] ?? '', titleOf(one.intent));
}

function Row({ one, may, onAccept, onEdit, onReject }: { one: Suggestion; may: boolean; onAccept: () => void; onEdit: () => void; onReject: () => void }) {
  const book = useBook();
  const w = t().review;
  const fresh = one.kind === 'intent';
  return (
    <>
      <div class="review-what">
        {fresh && <Badge tone="info">{w.newIntent}</Badge>}
        {one.texts.slice(0, TEXTS_SHOWN).map((text) => (
          <p key={text}>{text}</p>
        ))}
        {one.texts.length > TEXTS_SHOWN && <p class="small t3">{w.andMore(one.texts.length - TEXTS_SHOWN)}</p>}
        <p class="small t3">{one.conversations.length > 1 ? w.seen(one.conversations.length) : w.seenOnce}</p>
      </div>
      {may && (
        <span class="row wrap review-acts">
          <Button size="s" icon={fresh ? 'plus' : 'check'} onPress={onAccept}>
            {fresh ? w.makeIntent : w.addTo(book.titleOf(one.intent))}
          </Button>
          {!fresh && (
            <Button size="s" kind="ghost" icon="pen" onPress={onEdit}>
              {w.edit}
            </Button>
          )}
          <Button size="s" kind="ghost" icon="x" onPress={onReject}>
            {w.reject}
          </Button>
        </span>
      )}
    </>
  );
}

function steer(event: KeyboardEvent & { currentTarget: HTMLElement }, acts: { yes: () => unknown; edit: () => unknown; no: () => unknown }): void {
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
  const next = { ArrowDown: event.currentTarget.nextElementSibling, ArrowUp: event.currentTarget.previousElementSibling }[event.key];
  if (next instanceof HTMLElement) next.focus();
  else if (event.key === 'y' || event.key === 'Enter') acts.yes();
  else if (event.key === 'e') acts.edit();
  else if (event.key === 'n') acts.no();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** The words and where they belong, changed before they are taken; of a group, what the new intent is called. */
function Edit({ one, onClose, onAccept }: { one: Suggestion; onClose: () => void; onAccept: (body: Decision, told: string) => Promise<void> }) {
  const book = useBook();
  const w = t().review;
  const fresh = one.kind === 'intent';
  const [text, setText] = useState(one.texts.join('\n'));
  const [intent, setIntent] = useState(fresh ? NEW : one.intent);
  const [title, setTitle] = useState('');
  const [own, setOwn] = useState<string | null>(null);
  const [state, setState] = useState({ busy: false, why: '' });
  const making = intent === NEW;
  const name = making ? (own ?? nameOf(title)) : intent;
  const texts = text.split('\n').map((line) => line.trim()).filter(Boolean);
  const fault = making && name !== '' && !NAME.test(name) ? t().badName : making && book.all.value?.some((held) => held.intent.name === name) ? t().taken : undefined;
  const ready = texts.length > 0 && name !== '' && fault === undefined && (!making || title.trim() !== '');
  const go = async (): Promise<void> => {
    setState({ busy: true, why: '' });
    const told = making ? { [/\p{Script=Han}/u.test(title) ? 'zh' : 'en']: title.trim() } : undefined;
    try {
      await onAccept({ intent: name, texts, ...(told === undefined ? {} : { title: told }) }, making ? w.made(title.trim()) : w.accepted(book.titleOf(name)));
    } catch (error) {
      setState({ busy: false, why: reason(error) });
    }
  };
  return (
    <Dialog
      title={fresh ? w.makeTitle : w.editTitle}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{common().cancel}</Button>
          <Button kind="prime" busy={state.busy} disabled={!ready} onPress={() => void go()}>
            {making ? t().make : w.add}
          </Button>
        </>
      }
    >
      <TextField label={w.texts} hint={w.textsHint} lines={5} value={text} onInput={setText} />
      <SelectField label={w.belongs} value={intent} choices={[{ value: NEW, label: w.aNew }, ...book.choices()]} onChange={setIntent} />
      {making && (
        <>
          <TextField label={t().titleField} value={title} maxLength={200} onInput={setTitle} />
          <TextField label={t().name} hint={t().nameHint} value={name} maxLength={60} error={fault} onInput={setOwn} />
        </>
      )}
      {state.why !== '' && (
        <p class="hint bad" role="alert">
          {state.why}
        </p>
      )}
    </Dialog>
  );
}

/** No intent can be called so. */
const NEW = '_new';
