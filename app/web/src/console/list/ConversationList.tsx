import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Count } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Empty, Failure } from '../../kit/ui/Empty';
import { Icon } from '../../kit/ui/Icon';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Tabs } from '../../kit/ui/Tabs';
import { LineState } from '../composer/LineState';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import { narrowing, withoutNarrowing } from '../state/filters';
import { VIEWS, type View } from '../state/heads';
import { held, moved } from '../state/order';
import { keyText } from '../state/shortcuts';
import { BulkBar } from '../tools/BulkBar';
import { t } from '../words';
import './ConversationList.css';
import { FilterChips, FilterPanel } from './FilterPanel';
import { NoticeOffer } from './NoticeOffer';
import { Rows } from './Rows';
import { t as own } from './words';

/** The left pane: views, filters, groups, rows; holds still while the pointer is over it. */
export function ConversationList({ onHide }: { onHide: () => void }) {
  const desk = useDesk();
  const w = t();
  const { view } = desk.lists;
  useEffect(() => desk.selection.clear(), [view.value]);
  useEffect(() => {
    desk.lists.kept.value = desk.open.value;
    if (desk.open.value) desk.recent.opened(desk.open.value);
  }, [desk.open.value]);
  return (
    <section class="list-pane" id="list" aria-label={w.listLabel}>
      <Head desk={desk} onHide={onHide} />
      <FilterChips desk={desk} />
      <Body key={view.value} desk={desk} />
      <NoticeOffer desk={desk} />
      {!composing(desk) && <LineState />}
    </section>
  );
}

/** Whether there is a composer: then the line is told above it. */
function composing(desk: Desk): boolean {
  const open = desk.open.value;
  const phase = open === null ? 'gone' : desk.threads.state(open).value.phase;
  return phase !== 'gone' && phase !== 'failed';
}

function Head({ desk, onHide }: { desk: Desk; onHide: () => void }) {
  const w = t();
  const panel = useId();
  const [filtering, setFiltering] = useState(false);
  const { view, counts, filters } = desk.lists;
  const count = (key: View) =>
    key === 'resolved' || key === 'snoozed' ? null : key === 'mentioned' ? desk.lists.unseen.value.size : counts.value[key];
  const tabs = VIEWS.filter((key) => key !== 'snoozed').map((key) => ({
    key,
    label: (
      <>
        {w.views[key]}
        <TabCount value={count(key)} kind={key} />
      </>
    ),
  }));
  return (
    <div class="list-head">
      <div class="row">
        <h1 class="grow cut">{w.headings[view.value]}</h1>
        <Button
          kind="ghost"
          size="s"
          icon="filter"
          label={own().filter}
          class={narrowing(filters.value) > 0 ? 'on' : undefined}
          pressed={filtering}
          controls={filtering ? panel : undefined}
          onPress={() => setFiltering(!filtering)}
        />
        <Button
          kind="ghost"
          size="s"
          icon="moon"
          label={w.views.snoozed}
          class={view.value === 'snoozed' ? 'on' : undefined}
          pressed={view.value === 'snoozed'}
          onPress={() => desk.lists.show(view.value === 'snoozed' ? 'mine' : 'snoozed')}
        />
        <span class="not-phone">
          <Button kind="ghost" size="s" icon="left" label={own().hide} keys={keyText('toggleList')} onPress={onHide} />
        </span>
      </div>
      {filtering && <FilterPanel desk={desk} id={panel} />}
      <Tabs label={w.listLabel} tabs={tabs} chosen={view.value} onChoose={(key) => desk.lists.show(key)} />
    </div>
  );
}

function TabCount({ value, kind }: { value: number | null; kind: View }) {
  if (!value) return null;
  return kind === 'all' ? <span class="t3 num">{value}</span> : <Count value={value} unread={kind === 'mine' || kind === 'mentioned'} />;
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
  if (shown.length === 0) return <EmptyView desk={desk} />;
  return (
    <>
      {changes > 0 && (
        <button type="button" class="list-changes" onClick={settle}>
          <Icon name="refresh" size="s" />
          {w.resort(changes)}
        </button>
      )}
      <BulkBar desk={desk} shown={shown.map(({ id }) => id)} />
      <Rows desk={desk} shown={shown} hover={hover} />
      {phase === 'failed' && <Failure title={w.listFailed} reason={why} retry={retry} />}
    </>
  );
}

function EmptyView({ desk }: { desk: Desk }) {
  const w = t();
  const filters = desk.lists.filters.value;
  if (narrowing(filters) > 0)
    return (
      <div class="scroll">
        <Empty
          icon="filter"
          title={own().emptyFiltered}
          action={<Button onPress={() => (desk.lists.filters.value = withoutNarrowing(filters))}>{own().clear}</Button>}
        >
          {own().emptyFilteredNext}
        </Empty>
      </div>
    );
  const texts = {
    mine: [w.emptyMine, w.emptyMineNext],
    unassigned: [w.emptyUnassigned, w.emptyUnassignedNext],
    all: [w.emptyAll, w.emptyAllNext],
    mentioned: [w.emptyMentioned, w.emptyMentionedNext],
    snoozed: [w.emptySnoozed, w.emptySnoozedNext],
    resolved: [w.emptyResolved, w.emptyResolvedNext],
  };
  const [title = '', next] = texts[filters.view];
  return (
    <Empty icon="chat" title={title}>
      {next}
    </Empty>
  );
}

/** The order on the screen: it follows at once, except under the pointer, where it waits for a click or a farewell. */
function useHeldOrder(desk: Desk) {
  const fresh = desk.lists.order.value;
  const filters = desk.lists.filters.value;
  const [over, setOver] = useState(false);
  const kept = useRef({ order: fresh, filters });
  // Whoever asks for another part of the list gets it at once.
  if (!over || kept.current.filters !== filters) kept.current = { order: fresh, filters };
  const shown = over ? held(kept.current.order, fresh, desk.lists.heads.value) : fresh;
  const [, redraw] = useState(0);
  const settle = (): void => {
    kept.current = { order: fresh, filters };
    redraw((count) => count + 1);
  };
  return { shown, changes: over ? moved(shown, fresh) : 0, hover: setOver, settle };
}
