import { useState } from 'preact/hooks';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { MenuButton } from '../../kit/ui/Menu';
import { Table } from '../../kit/ui/Table';
import { Switch } from '../../kit/ui/Toggle';
import { follow } from '../state/router';
import { reason } from '../state/session';
import { t as common } from '../words';
import { Bring } from './Bring';
import { NewIntent } from './NewIntent';
import { StarterPack } from './StarterPack';
import { useBook } from './book';
import { type Figures, useFigures } from './counted';
import { FORMATS, type Stored, saveIntent, takeFile } from './calls';
import { count, percent, wilson } from './figures';
import { titled } from './model';
import { Awaited, Precision } from './parts';
import { t } from './words';

const SORTS = ['title', 'asked', 'precision', 'phrases'] as const;
type Sort = (typeof SORTS)[number];

/** Every intent with how it does: found, narrowed, switched on and off, made, brought and taken along. */
export function ListPage() {
  const book = useBook();
  const { desk } = book;
  const w = t();
  const [query, setQuery] = useState('');
  const [sort, setSort] = useState<Sort>('title');
  const [adding, setAdding] = useState(false);
  const [bringing, setBringing] = useState(false);
  const [starting, setStarting] = useState(false);
  const all = book.all.value;
  const figures = useFigures();
  const rows = sorted(found(all ?? [], query), sort, figures);
  const may = desk.may('intents.manage');
  const add = may && (
    <Button kind="prime" icon="plus" onPress={() => setAdding(true)}>
      {w.add}
    </Button>
  );
  return (
    <>
      <div class="intents-tools">
        <TextField label={w.find} value={query} maxLength={200} onInput={setQuery} />
        <SelectField label={w.sort} value={sort} choices={SORTS.map((key) => ({ value: key, label: w.sorts[key] }))} onChange={(key) => setSort(key as Sort)} />
        <span class="row wrap end">
          {may && <Button onPress={() => setBringing(true)}>{w.bring}</Button>}
          {may && all !== null && all.length > 0 && <Button onPress={() => setStarting(true)}>{w.starter}</Button>}
          <MenuButton
            items={FORMATS.map((format) => ({ key: format, label: w.formats[format], onChoose: () => void takeFile(desk, format).catch((error: unknown) => desk.say(reason(error))) }))}
            icon="down-tray"
          >
            {w.take}
          </MenuButton>
          {add}
        </span>
      </div>
      <Card>
        <Awaited ready={all !== null} why={book.why.value} title={w.listFailed} retry={() => void book.load()} rows={8}>
          {all?.length === 0 ? (
            <Empty
              icon="intent"
              title={w.none}
              action={
                may && (
                  <Button kind="prime" icon="box" onPress={() => setStarting(true)}>
                    {w.starter}
                  </Button>
                )
              }
            >
              {w.noneNext}
            </Empty>
          ) : rows.length === 0 ? (
            <Empty icon="search" title={w.noneFits} action={<Button onPress={() => setQuery('')}>{w.clear}</Button>}>
              {w.noneFitsNext}
            </Empty>
          ) : (
            <div class="intents-table">
              <Table fold label={common().intents} head={[w.intent, w.phrases, w.rules, <span title={w.answeredNote}>{w.answered}</span>, <span title={w.answeredNote}>{w.precision}</span>, w.on]}>
                {rows.map((stored) => (
                  <Row key={stored.intent.name} stored={stored} figures={figures.get(stored.intent.name)} />
                ))}
              </Table>
            </div>
          )}
        </Awaited>
      </Card>
      {all !== null && all.length > 0 && <p class="small t3">{w.totals(count(all.length), count(all.reduce((sum, { phrases }) => sum + phrases, 0)))}</p>}
      {adding && <NewIntent onClose={() => setAdding(false)} />}
      {starting && <StarterPack onClose={() => setStarting(false)} />}
      {bringing && <Bring onClose={() => setBringing(false)} />}
    </>
  );
}

function Row({ stored, figures }: { stored: Stored; figures: Figures | undefined }) {
  const book = useBook();
  const { desk } = book;
  const w = t();
  const { intent } = stored;
  const title = titled(intent.title, intent.name);
  const path = `intents/${intent.name}`;
  const turn = async (on: boolean): Promise<void> => {
    try {
      await saveIntent(desk, { ...intent, enabled: on }, stored.version);
      desk.say(on ? w.turnedOn(title) : w.turnedOff(title));
      await book.load();
    } catch (error) {
      desk.say(reason(error));
      await book.load(); // somebody else may have changed it: what is shown is what is
    }
  };
  return (
    <tr>
      <td class="intent-what">
        <a class="link mid" href={desk.hrefOf(path)} onClick={follow(desk.router, path)}>
          {title}
        </a>
        {intent.inbox_ids.length > 0 && (
          <>
            {' '}
            <Badge tone="line">{w.inboxes(intent.inbox_ids.length)}</Badge>
          </>
        )}
        <div class="small t3 mono cut">{intent.name}</div>
      </td>
      <td class="num">
        <span class="only-phone t3">{w.phrases}</span> {count(stored.phrases)}
      </td>
      <td class="num">
        <span class="only-phone t3">{w.rules}</span> {count(intent.rules.length)}
      </td>
      <td class="num">
        <span class="only-phone t3">{w.answered}</span> {figures && figures.asked > 0 ? percent(figures.answered / figures.asked, 0) : '–'}{' '}
        <span class="small t3">{figures && figures.asked > 0 && w.of(count(figures.asked))}</span>
      </td>
      <td>
        <span class="only-phone t3">{w.precision}</span> <Precision right={figures?.right ?? 0} wrong={figures?.wrong ?? 0} />
      </td>
      <td>
        <Switch on={intent.enabled} disabled={!desk.may('intents.manage')} onChange={(on) => void turn(on)}>
          <span class="sr">{w.onOff(title)}</span>
        </Switch>
      </td>
    </tr>
  );
}

/** Those in whose name or titles every word of the query stands. */
function found(all: readonly Stored[], query: string): readonly Stored[] {
  const wanted = query.toLowerCase().split(/\s+/u).filter(Boolean);
  return all.filter(({ intent: { name, title } }) => {
    const text = `${name} ${title.en ?? ''} ${title.zh ?? ''}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

function sorted(all: readonly Stored[], sort: Sort, figures: ReadonlyMap<string, Figures>): readonly Stored[] {
  const of = ({ intent }: Stored): Figures | undefined => figures.get(intent.name);
  const by: Record<Sort, (one: Stored, other: Stored) => number> = {
    title: ({ intent: one }, { intent: other }) => titled(one.title, one.name).localeCompare(titled(other.title, other.name)),
    asked: (one, other) => (of(other)?.asked ?? 0) - (of(one)?.asked ?? 0),
    precision: (one, other) => sure(of(one)) - sure(of(other)),
    phrases: (one, other) => other.phrases - one.phrases,
  };
  return [...all].sort(by[sort]);
}

/** What nobody judged stands last. */
function sure(figures: Figures | undefined): number {
  return wilson(figures?.right ?? 0, (figures?.right ?? 0) + (figures?.wrong ?? 0)) ?? 2;
}
