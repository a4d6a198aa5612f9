import { useRef, useState } from 'preact/hooks';
import { Problem } from '../kit/api';
import { systemRandom } from '../kit/clock';
import { fileSize } from '../kit/dates';
import { TEXT_MAX } from '../kit/frames';
import { Button } from '../kit/ui/Button';
import { TextField } from '../kit/ui/Field';
import { FileChip } from '../kit/ui/FileChip';
import { Icon } from '../kit/ui/Icon';
import { ConditionLine } from './ConditionLine';
import { Mark, Tools } from './Frame';
import { h } from './homeWords';
import { moment } from './moment';
import { reasonOf } from './reason';
import { s } from './screenWords';
import type { Visit } from './visit';
import { t } from './words';

interface Left {
  number: number;
  conv: string;
}

/** When nobody can come: an address and the question, which brings along what was begun in the chat; then a number. */
export function LeaveScreen({ visit, onClose }: { visit: Visit; onClose: (() => void) | null }) {
  const [left, setLeft] = useState<Left | null>(null);
  const { open, online, changes_at } = visit.reception.value;
  const screen = visit.screen.value;
  const conv = screen.at === 'leave' ? screen.conv : undefined; // who waits may wait on
  const waits = conv !== undefined && open && online > 0;
  const place = conv === undefined ? undefined : visit.places.value[conv];
  const back = (): void => visit.show(conv === undefined ? { at: 'home' } : { at: 'thread', conv });
  const again = !open && changes_at !== null ? h().opens(moment(changes_at)) : '';
  const { inbox } = visit.session;
  return (
    <main class="wid" aria-label={h().leave}>
      <header class="whead">
        <Button kind="ghost" size="s" icon="left" label={t().back} onPress={back} />
        <Mark />
        <div class="grow">
          <h1 class="cut">{left !== null ? inbox.name : !open ? h().closed : online > 0 ? h().leave : h().nobody}</h1>
          <div class="small t3 cut">{again || inbox.name}</div>
        </div>
        <Tools onClose={onClose} />
      </header>
      {left === null && waits && (
        <p class="wnote" role="status">{place?.overdue ? s().longWait : ''} {place === undefined ? '' : s().keepsPlace(place.position)}</p>
      )}
      {left === null ? <Form visit={visit} onLeft={setLeft} onKeep={waits ? back : null} /> : <Thanks visit={visit} left={left} />}
      <ConditionLine visit={visit} />
    </main>
  );
}

function Form({ visit, onLeft, onKeep }: { visit: Visit; onLeft: (left: Left) => void; onKeep: (() => void) | null }) {
  const { known } = visit.standing.value;
  const draft = useRef(visit.draft.value.trim()).current;
  const cid = useRef(systemRandom.hex(16));
  const screen = visit.screen.value;
  const conv = screen.at === 'leave' ? screen.conv : undefined; // of who waits: his words are there already
  const [form, setForm] = useState({ name: '', address: '', text: draft });
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState('');
  const reachable = known.includes('email') || known.includes('phone');
  const files = visit.uploads.list.value;
  const lacks = { address: !reachable && form.address.trim() === '', text: conv === undefined && form.text.trim() === '' && files.length === 0 };

  /** The words are the chat's too, which takes the form's place as soon as somebody can come. */
  const write = (text: string): void => {
    visit.draft.value = text;
    setForm({ ...form, text });
  };
  const leave = async (): Promise<void> => {
    setTried(true);
    if (busy || lacks.address || lacks.text) return;
    if (!visit.uploads.ready()) return setWhy(t().waitForFiles);
    setBusy(true);
    setWhy('');
    visit.show({ at: 'leave', ...(conv === undefined ? {} : { conv }) }); // also where it stood in the chat's place: the number is told before the thread is shown
    try {
      onLeft(await left(visit, cid, form, conv));
      visit.draft.value = '';
    } catch (error) {
      setWhy(reasonOf(error));
      // what was refused stored nothing, and what is sent next may be another text; without an answer it may be stored already
      if (error instanceof Problem && error.status >= 400 && error.status < 500) cid.current = systemRandom.hex(16);
      setBusy(false);
    }
  };
  return (
    <form class="wbody wform" noValidate onSubmit={(event) => { event.preventDefault(); void leave(); }}>
      {!known.includes('name') && (
        <TextField label={`${s().name} (${s().optional})`} autocomplete="name" maxLength={200} value={form.name} onInput={(name) => setForm({ ...form, name })} />
      )}
      <TextField
        label={s().address}
        autocomplete="email"
        maxLength={200}
        value={form.address}
        hint={reachable ? s().addressKnown : s().addressHint}
        error={tried && lacks.address ? s().addressNeeded : undefined}
        onInput={(address) => setForm({ ...form, address })}
      />
      <TextField
        label={conv === undefined ? s().question : `${s().moreToSay} (${s().optional})`}
        lines={4}
        maxLength={TEXT_MAX}
        value={form.text}
        hint={draft !== '' && form.text === draft ? s().carried : undefined}
        error={tried && lacks.text ? s().questionNeeded : undefined}
        onInput={write}
      />
      <Files visit={visit} />
      {why !== '' && <p class="hint bad" role="alert">{why}</p>}
      <Button type="submit" kind="prime" size="l" busy={busy} class="last">{s().leaveIt}</Button>
      {onKeep !== null && <Button kind="ghost" onPress={onKeep}>{s().keepWaiting}</Button>}
    </form>
  );
}

/** Leaves it. Where an answer was lost and the words were changed since, what was stored then stays, and this is another one. */
async function left(visit: Visit, cid: { current: string }, form: { name: string; address: string; text: string }, conv?: string): Promise<Left> {
  try {
    return await visit.leave(cid.current, form, conv);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'cid_reused') throw error;
    cid.current = systemRandom.hex(16);
    return visit.leave(cid.current, form, conv);
  }
}

/** Pictures of what it is about; they go up at once, as in the chat. */
function Files({ visit }: { visit: Visit }) {
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <div class="leave-files">
      {visit.uploads.list.value.map(({ key, name, size, image, progress, done, failed }) => (
        <FileChip
          key={key}
          name={name}
          detail={failed ?? fileSize(size)}
          image={image}
          bad={failed !== null}
          progress={done === null && failed === null ? progress : undefined}
          progressLabel={t().uploading(name)}
          action={<Button kind="ghost" size="s" icon="x" label={t().removeFile(name)} onPress={() => visit.uploads.remove(key)} />}
        />
      ))}
      <Button kind="ghost" size="s" icon="clip" onPress={() => { visit.uploads.again(true); chooser.current?.click(); }}>{s().addFile}</Button>
      <input ref={chooser} type="file" multiple hidden onChange={({ currentTarget }) => { visit.uploads.add(Array.from(currentTarget.files ?? [])); currentTarget.value = ''; }} />
    </div>
  );
}

function Thanks({ visit, left }: { visit: Visit; left: Left }) {
  return (
    <div class="wbody done" role="status">
      <span class="done-mark"><Icon name="check" size="l" /></span>
      <h2>{s().left}</h2>
      <p class="done-number num">{s().leftNumber(left.number)}</p>
      <p class="t2">{s().leftLine}</p>
      <Button kind="prime" size="l" onPress={() => visit.show({ at: 'thread', conv: left.conv })}>{s().showIt}</Button>
      <Button kind="ghost" onPress={() => visit.show({ at: 'home' })}>{s().home}</Button>
    </div>
  );
}
