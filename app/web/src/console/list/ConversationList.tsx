import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Count } from '../../kit/ui/Badge';
import { Empty, Failure } from '../../kit/ui/Empty';
import { Icon } from '../../kit/ui/Icon';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Tabs } from '../../kit/ui/Tabs';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import { VIEWS, type View } from '../state/heads';
import { type Ordered, held, moved } from '../state/order';
import { t } from '../words';
import './ConversationList.css';
import { ListRow } from './ListRow';
import { type Item, layout, visible } from './layout';

/** The left pane: views, groups, rows; holds still while the pointer is over it. */
export function ConversationList() {
  const desk = useDesk();
  const w = t();
  const { view, counts } = desk.lists;
  const count = (key: View) => (key === 'resolved' ? null : counts.value[key]);
  const tabs = VIEWS.map((key) => ({
    key,
    label: (
      <>
        {w.views[key]}
        <TabCount value={count(key)} kind={key} />
      </>
    ),
  }));
  return (
    <section class="list-pane" aria-label={w.listLabel}>
      <div class="list-head">
        <h1>{w.headings[view.value]}</h1>
        <Tabs label={w.listLabel} tabs={tabs} chosen={view.value} onChoose={(key) => desk.lists.show(key)} />
      </div>
      <Body key={view.value} desk={desk} />
    </section>
  );
}

function TabCount({ value, kind }: { value: number | null; kind: View }) {
  if (!value) return null;
  return kind === 'all' ? <span class="t3 num">{value}</span> : <Count value={value} unread={kind === 'mine'} />;
}

function Body({ desk }: { desk: Desk }) {
  const w = t();
  const { lists } = desk;
  const { phase, why } = lists.paging.value;
  const { shown, changes, hover, settle } = useHeldOrder(desk);
  const retry = (
    <Button size="s" icon="refresh" onPress={() => void lists.load(lists.view.value)}>
      {w.retry}
    </Button>
  );
  if (shown.length === 0 && phase === 'failed') return <Failure title={w.listFailed} reason={why} retry={retry} />;
  if (shown.length === 0 && phase !== 'ready') return <Skeleton label={w.loadingList} rows={8} />;
  if (shown.length === 0) return <EmptyView view={lists.view.value} />;
  return (
    <>
      {changes > 0 && (
        <button type="button" class="list-changes" onClick={settle}>
          <Icon name="refresh" size="s" />
          {w.resort(changes)}
        </button>
      )}
      <Rows desk={desk} shown={shown} hover={hover} />
      {phase === 'failed' && <Failure title={w.listFailed} reason={why} retry={retry} />}
    </>
  );
}

function EmptyView({ view }: { view: View }) {
  const w = t();
  const texts = {
    mine: [w.emptyMine, w.emptyMineNext],
    unassigned: [w.emptyUnassigned, w.emptyUnassignedNext],
    all: [w.emptyAll, w.emptyAllNext],
    resolved: [w.emptyResolved, w.emptyResolvedNext],
  };
  const [title = '', next] = texts[view];
  return (
    <Empty icon="chat" title={title}>
      {next}
    </Empty>
  );
}

/** The order on the screen: it follows at once, except under the pointer, where it waits for a click or a farewell. */
function useHeldOrder(desk: Desk) {
  const fresh = desk.lists.order.value;
  const [over, setOver] = useState(false);
  const kept = useRef<readonly Ordered[]>(fresh);
  if (!over) kept.current = fresh;
  const shown = over ? held(kept.current, fresh, desk.lists.heads.value) : fresh;
  const [, redraw] = useState(0);
  const settle = (): void => {
    kept.current = fresh;
    redraw((count) => count + 1);
  };
  return { shown, changes: over ? moved(shown, fresh) : 0, hover: setOver, settle };
}

interface RowsProps {
  desk: Desk;
  shown: readonly Ordered[];
  hover: (over: boolean) => void;
}

/** A listbox that draws only what is in sight, good for thousands of rows. */
function Rows({ desk, shown, hover }: RowsProps) {
  const w = t();
  const box = useRef<HTMLDivElement>(null);
  const [span, setSpan] = useState({ top: 0, height: 0 });
  const [cursor, setCursor] = useState<string | null>(null);
  const { items, height } = layout(shown);
  const measure = (): void => {
    const element = box.current;
    if (element) setSpan({ top: element.scrollTop, height: element.clientHeight });
  };
  useLayoutEffect(measure, []);
  useEffect(() => {
    window.addEventListener('resize', measure);
    return () => window.removeEventListener('resize', measure);
  }, []);
  const nearEnd = span.top + span.height * 2 > height;
  const { next, phase } = desk.lists.paging.value;
  useEffect(() => {
    if (nearEnd && span.height > 0 && next !== null && phase === 'ready') void desk.lists.more(desk.lists.view.value);
  }, [nearEnd, span.height, next, phase]);
  const active = cursor ?? desk.open.value;
  const choose = (id: string): void => {
    setCursor(id);
    desk.router.go(`c/${id}`);
  };
  const press = (event: KeyboardEvent): void => {
    const index = shown.findIndex(({ id }) => id === active);
    const target = { ArrowDown: index + 1, ArrowUp: Math.max(0, index - 1), Home: 0, End: shown.length - 1 }[event.key];
    const to = target === undefined ? undefined : shown[Math.min(target, shown.length - 1)];
    if (event.key === 'Enter' && active) choose(active);
    else if (!to) return;
    event.preventDefault();
    if (!to) return;
    setCursor(to.id);
    reveal(
      box.current,
      items.find((item) => item.kind === 'row' && item.id === to.id),
    );
  };
  return (
    <div
      ref={box}
      class="scroll list-rows"
      role="listbox"
      aria-label={w.headings[desk.lists.view.value]}
      aria-activedescendant={active && shown.some(({ id }) => id === active) ? `row-${active}` : undefined}
      tabIndex={0}
      onScroll={measure}
      onKeyDown={press}
      onPointerEnter={(event) => event.pointerType === 'mouse' && hover(true)}
      onPointerLeave={() => hover(false)}
    >
      <div class="list-length" role="presentation" style={{ '--length': height }}>
        {visible(items, span.top, span.height).map((item) => (
          <Placed
            key={item.kind === 'row' ? item.id : item.group}
            item={item}
            desk={desk}
            active={active}
            total={shown.length}
            onChoose={choose}
          />
        ))}
      </div>
    </div>
  );
}

interface PlacedProps {
  item: Item;
  desk: Desk;
  active: string | null;
  total: number;
  onChoose: (id: string) => void;
}

function Placed({ item, desk, active, total, onChoose }: PlacedProps) {
  const w = t();
  if (item.kind === 'row') {
    return (
      <div class="list-place" role="presentation" style={{ '--top': item.top }}>
        <ListRow
          desk={desk}
          id={item.id}
          active={item.id === active}
          place={item.place}
          total={total}
          onChoose={() => onChoose(item.id)}
        />
      </div>
    );
  }
  const label = { us: w.waitingForYou, customer: w.waitingForCustomer, over: w.views.resolved }[item.group];
  return (
    <div class="list-place list-caption" role="presentation" style={{ '--top': item.top }}>
      {label}
      <span class="num">{item.count}</span>
      {item.group === 'us' && <span class="end">{w.longestFirst}</span>}
    </div>
  );
}

function reveal(box: HTMLDivElement | null, item: Item | undefined): void {
  if (!box || !item) return;
  if (item.top < box.scrollTop) box.scrollTop = item.top;
  else if (item.top + item.height > box.scrollTop + box.clientHeight)
    box.scrollTop = item.top + item.height - box.clientHeight;
}
