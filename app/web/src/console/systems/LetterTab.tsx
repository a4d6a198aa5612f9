import { useEffect, useState } from 'preact/hooks';
import { fileSize, fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Dialog } from '../../kit/ui/Dialog';
import { Empty, Failure } from '../../kit/ui/Empty';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Segment } from '../../kit/ui/Tabs';
import { type Desk, useDesk } from '../state/desk';
import { reason } from '../state/session';
import { shortTime } from '../times';
import { t as common } from '../words';
import type { Letter, SourceDetail } from './model';
import { type Paged, usePages } from './pages';
import { bytesOf, dumpOf, textOf } from './raw';
import { said } from './said';
import { t } from './words';

const SHOWN_BYTES_MAX = 65_536;

/** What a source could not take: why, what came, and once more. */
export function LetterTab({ detail, onChanged }: { detail: SourceDetail; onChanged: () => void }) {
  const desk = useDesk();
  const w = t();
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);
  const path = `api/v1/sources/${detail.name}/letters`;
  const letters = usePages<Letter>(desk, path, 'letters', detail.letters);
  const act = async (doing: () => Promise<string>): Promise<void> => {
    setBusy(true);
    try {
      desk.say(await doing());
      letters.load();
      onChanged();
    } catch (error) {
      desk.say(reason(error));
    }
    setBusy(false);
    setSure(false);
  };
  const replay = (which: Which) =>
    act(async () => {
      const { delivered, left_out, failed } = await desk.api.post<Replayed>(`${path}/replay`, which);
      return w.replayed(delivered, left_out, failed);
    });
  const discard = (which: Which) => act(async () => w.discarded((await desk.api.delete<{ removed: number }>(path, {}, which)).removed));
  return (
    <Card
      title={w.letters}
      action={
        letters.rows !== null && letters.rows.length > 0 && (
          <span class="row">
            <Button icon="refresh" busy={busy} onPress={() => void replay({ all: true })}>
              {w.replayAll}
            </Button>
            <Button onPress={() => setSure(true)}>{w.discardAll}</Button>
          </span>
        )
      }
    >
      <LetterList desk={desk} letters={letters} onReplay={replay} onDiscard={discard} />
      {sure && (
        <Dialog
          title={w.discardTitle}
          onClose={() => setSure(false)}
          actions={
            <>
              <Button onPress={() => setSure(false)}>{common().cancel}</Button>
              <Button kind="harm-prime" busy={busy} onPress={() => void discard({ all: true })}>
                {w.discard}
              </Button>
            </>
          }
        >
          <p class="body">{w.discardWhat}</p>
        </Dialog>
      )}
    </Card>
  );
}

interface Replayed {
  readonly delivered: number;
  readonly left_out: number;
  readonly failed: number;
  readonly gone: number;
}

type Which = { readonly ids: readonly string[] } | { readonly all: true };
type Doing = (which: Which) => Promise<void>;

function LetterList({ desk, letters, onReplay, onDiscard }: { desk: Desk; letters: Paged<Letter>; onReplay: Doing; onDiscard: Doing }) {
  const w = t();
  const { rows, more, why, load } = letters;
  if (rows === null)
    return why === '' ? (
      <Skeleton label={common().loading} rows={3} face={false} />
    ) : (
      <Failure
        title={w.lettersFailed}
        reason={why}
        retry={
          <Button size="s" icon="refresh" onPress={() => load()}>
            {common().retry}
          </Button>
        }
      />
    );
  if (rows.length === 0)
    return (
      <Empty icon="check" title={w.noLetters}>
        {w.noLettersNext}
      </Empty>
    );
  return (
    <>
      <ul class="letters">
        {rows.map((letter) => (
          <li key={letter.id}>
            <LetterRow desk={desk} letter={letter} onReplay={onReplay} onDiscard={onDiscard} />
          </li>
        ))}
      </ul>
      {more && (
        <div class="card-foot">
          <Button onPress={() => load(true)}>{w.older}</Button>
          {why !== '' && <span class="small tone-danger">{why}</span>}
        </div>
      )}
    </>
  );
}

function LetterRow({ desk, letter, onReplay, onDiscard }: { desk: Desk; letter: Letter; onReplay: Doing; onDiscard: Doing }) {
  const w = t();
  const [open, setOpen] = useState(false);
  const name = letter.external_id || letter.id;
  return (
    <details class="letter" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span class="mid mono letter-name">{name}</span>
        <span class="tone-danger">{w.stages[letter.stage] ?? letter.stage}</span>
        <span class="small t3 num end" title={fullTime(letter.at, language.value)}>
          {[shortTime(letter.at, desk.now.value), w.attempts(letter.attempts)].join(' · ')}
        </span>
        <span class="letter-why">{said(letter)}</span>
      </summary>
      {open && (
        <div class="letter-body">
          <dl class="facts">
            <div>
              <dt>{w.path}</dt>
              <dd class="mono own-lines">{letter.path || '–'}</dd>
            </div>
          </dl>
          <Raw desk={desk} letter={letter} />
          <div class="row wrap">
            <Button icon="refresh" onPress={() => void onReplay({ ids: [letter.id] })}>
              {w.replay}
            </Button>
            <Button kind="harm" onPress={() => void onDiscard({ ids: [letter.id] })}>
              {w.discard}
            </Button>
          </div>
        </div>
      )}
    </details>
  );
}

/** What came, secrets masked: as text where it is text, and byte by byte. */
function Raw({ desk, letter }: { desk: Desk; letter: Letter }) {
  const w = t();
  const [bytes, setBytes] = useState<Uint8Array | null>(null);
  const [why, setWhy] = useState('');
  const [as, setAs] = useState<'text' | 'bytes'>('text');
  const load = (): void => {
    setWhy('');
    desk.api.get<{ raw: string }>(`api/v1/letters/${letter.id}`).then(
      ({ raw }) => setBytes(bytesOf(raw)),
      (error: unknown) => setWhy(reason(error)),
    );
  };
  useEffect(load, [letter.id]);
  if (why !== '')
    return (
      <Failure
        title={w.rawFailed}
        reason={why}
        retry={
          <Button size="s" icon="refresh" onPress={load}>
            {common().retry}
          </Button>
        }
      />
    );
  if (bytes === null) return <Skeleton label={common().loading} rows={2} face={false} />;
  const shown = bytes.subarray(0, SHOWN_BYTES_MAX);
  const text = textOf(shown);
  const asText = as === 'text' && text !== null;
  return (
    <section class="raw" aria-label={w.raw}>
      <div class="row">
        <h3>{w.raw}</h3>
        <span class="small t3 num">{fileSize(letter.bytes)}</span>
        <span class="end">
          {text !== null && (
            <Segment
              label={w.raw}
              tabs={[
                { key: 'text', label: w.asText },
                { key: 'bytes', label: w.asBytes },
              ]}
              chosen={as}
              onChoose={setAs}
            />
          )}
        </span>
      </div>
      <pre class="snippet raw-text" tabIndex={0} aria-label={w.raw}>
        {asText ? text : dumpOf(shown)}
      </pre>
      {bytes.length > SHOWN_BYTES_MAX && <p class="small t3">{w.cut(fileSize(SHOWN_BYTES_MAX), fileSize(bytes.length))}</p>}
    </section>
  );
}
