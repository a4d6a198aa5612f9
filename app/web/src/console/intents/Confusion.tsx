import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Dialog } from '../../kit/ui/Dialog';
import { Empty } from '../../kit/ui/Empty';
import { follow } from '../state/router';
import { reason } from '../state/session';
import { useBook } from './book';
import { type Confused, readPhrases } from './calls';
import { count } from './figures';
import type { Phrase } from './model';
import { Awaited } from './parts';
import { t } from './words';

const SHOWN = 10;
const MATRIX_MAX = 10;

interface ConfusionProps {
  /** Most often mistaken first. */
  readonly pairs: readonly Confused[];
  readonly held: number;
}

/** What is taken for what: the pairs first, and the intents of them against each other. */
export function Confusion({ pairs, held }: ConfusionProps) {
  const book = useBook();
  const w = t().quality;
  const [all, setAll] = useState(false);
  const [open, setOpen] = useState<Confused | null>(null);
  const shown = all ? pairs : pairs.slice(0, SHOWN);
  const most = Math.max(1, ...pairs.map(({ count: times }) => times));
  return (
    <Card title={w.confusion} note={held > 0 ? w.heldOut(count(held)) : undefined}>
      {pairs.length === 0 ? (
        <Empty icon="check" title={w.noConfusion}>
          {w.noConfusionNext}
        </Empty>
      ) : (
        <>
          <ol class="confused" aria-label={w.confusion}>
            {shown.map((pair) => (
              <li key={`${pair.intent} ${pair.taken_for}`}>
                <button type="button" onClick={() => setOpen(pair)}>
                  <span class="grow">
                    <span class="mid">{named(book.titleOf, pair.intent)}</span> <span class="t3">{w.takenFor}</span> <span class="mid">{named(book.titleOf, pair.taken_for)}</span>
                  </span>
                  <span class="confused-bar" style={{ '--v': (pair.count / most) * 100 }} aria-hidden="true" />
                  <span class="num">{w.times(pair.count)}</span>
                </button>
              </li>
            ))}
          </ol>
          {pairs.length > SHOWN && (
            <div class="card-foot">
              <Button size="s" kind="ghost" onPress={() => setAll(!all)}>
                {all ? w.fewer : w.allPairs(pairs.length)}
              </Button>
            </div>
          )}
          <Matrix pairs={pairs} onOpen={setOpen} />
        </>
      )}
      {open && <Both pair={open} onClose={() => setOpen(null)} />}
    </Card>
  );
}

function named(titleOf: (name: string) => string, name: string): string {
  return name === '' ? t().quality.outOfScope : titleOf(name);
}

/** The intents that are mistaken most, each against each: rows are what it is, columns what it was taken for. */
function Matrix({ pairs, onOpen }: { pairs: readonly Confused[]; onOpen: (pair: Confused) => void }) {
  const book = useBook();
  const w = t().quality;
  const names = [...new Set(pairs.flatMap(({ intent, taken_for }) => [intent, taken_for]))].slice(0, MATRIX_MAX);
  const of = new Map(pairs.map((pair) => [`${pair.intent} ${pair.taken_for}`, pair]));
  const most = Math.max(1, ...pairs.map(({ count: times }) => times));
  return (
    <details class="matrix-frame">
      <summary>{w.matrix}</summary>
      <div class="table-frame" tabIndex={0} role="region" aria-label={w.matrix}>
        <table class="matrix">
          <thead>
            <tr>
              <th scope="col" class="small t3">
                {w.matrixCorner}
              </th>
              {names.map((name) => (
                <th key={name} scope="col" class="small">
                  {named(book.titleOf, name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {names.map((row) => (
              <tr key={row}>
                <th scope="row" class="small">
                  {named(book.titleOf, row)}
                </th>
                {names.map((column) => {
                  const pair = of.get(`${row} ${column}`);
                  if (row === column) return <td key={column} class="matrix-right" aria-label={w.same} />;
                  return (
                    <td key={column}>
                      {pair ? (
                        <button type="button" class={pair.count * 2 > most ? 'matrix-cell much' : 'matrix-cell'} aria-label={`${named(book.titleOf, row)} ${w.takenFor} ${named(book.titleOf, column)}: ${pair.count}`} onClick={() => onOpen(pair)}>
                          {pair.count}
                        </button>
                      ) : (
                        <span class="t3" aria-label="0">
                          ·
                        </span>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** The phrases of both, side by side, with what was mistaken on top. */
function Both({ pair, onClose }: { pair: Confused; onClose: () => void }) {
  const book = useBook();
  const w = t().quality;
  return (
    <Dialog wide title={w.bothTitle(named(book.titleOf, pair.intent), named(book.titleOf, pair.taken_for))} onClose={onClose} actions={<Button onPress={onClose}>{t().close}</Button>}>
      <div class="intents-pair both-phrases">
        <PhrasesOf name={pair.intent} />
        <PhrasesOf name={pair.taken_for} />
      </div>
    </Dialog>
  );
}

function PhrasesOf({ name }: { name: string }) {
  const book = useBook();
  const w = t().quality;
  const [phrases, setPhrases] = useState<readonly Phrase[] | null>(name === '' ? [] : null);
  const [why, setWhy] = useState('');
  const load = (): void => {
    setWhy('');
    if (name !== '') readPhrases(book.desk, name, { q: '', language: '', origin: '' }, '', 200).then(({ phrases: held }) => setPhrases(held), (error: unknown) => setWhy(reason(error)));
  };
  useEffect(load, [name]);
  const path = `intents/${name}`;
  return (
    <section aria-label={named(book.titleOf, name)}>
      <h4>
        {name === '' ? (
          w.outOfScope
        ) : (
          <a class="link" href={book.desk.hrefOf(path)} onClick={follow(book.desk.router, path)}>
            {book.titleOf(name)}
          </a>
        )}
      </h4>
      <Awaited ready={phrases !== null} why={why} title={t().oneFailed} retry={load} rows={4}>
        <ul class="both-list" tabIndex={0} aria-label={w.phrasesOf(named(book.titleOf, name))}>
          {phrases?.map(({ text }, index) => <li key={index}>{text}</li>)}
        </ul>
      </Awaited>
    </section>
  );
}
