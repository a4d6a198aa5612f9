import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Desk } from '../state/desk';
import type { Ordered } from '../state/order';
import { useShortcut } from '../state/shortcuts';
import { t } from '../words';
import { ListRow } from './ListRow';
import { type Item, layout, target, visible } from './layout';
import { t as own } from './words';

interface RowsProps {
  desk: Desk;
  shown: readonly Ordered[];
  hover: (over: boolean) => void;
}

/** A listbox that draws only what is in sight, good for thousands of rows. */
export function Rows({ desk, shown, hover }: RowsProps) {
  const w = t();
  const box = useRef<HTMLDivElement>(null);
  const span = useSpan(box);
  const [cursor, setCursor] = useState<string | null>(null);
  const { items, height } = useMemo(() => layout(shown), [shown]);
  useNextPage(desk, span.height > 0 && span.top + span.height * 2 > height);
  const open = desk.open.value;
  const latest = useRef<string | null>(null); // two keys may come before the list is drawn again
  const put = (id: string | null): void => {
    latest.current = id;
    setCursor(id);
  };
  useEffect(() => put(null), [open]);
  const active = cursor ?? open;
  const indexNow = (): number => {
    const now = latest.current ?? desk.open.peek();
    return shown.findIndex(({ id }) => id === now);
  };
  const anchor = useRef<string | null>(null);
  const pick = (id: string, event: MouseEvent): void => {
    if (event.shiftKey && anchor.current !== null) {
      const places = [anchor.current, id].map((one) => shown.findIndex((row) => row.id === one)).sort((one, other) => one - other);
      desk.selection.add(shown.slice(Math.max(0, places[0] ?? 0), (places[1] ?? 0) + 1).map((row) => row.id));
    } else desk.selection.toggle(id);
    anchor.current = id;
  };
  const choose = (id: string, walking = false): void => {
    desk.walking = walking;
    put(id);
    desk.router.go(`c/${id}`);
  };
  const point = (to: Ordered | undefined): void => {
    if (!to) return;
    put(to.id);
    reveal(box.current, items.find((item) => item.kind === 'row' && item.id === to.id));
  };
  const press = (event: KeyboardEvent): void => {
    const to = target(event.key, indexNow(), shown.length, span.height);
    const chosen = latest.current ?? open;
    if (event.key === 'Enter' && chosen) choose(chosen);
    else if (to !== null) point(shown[to]);
    else return;
    event.preventDefault();
  };
  const step = (by: 1 | -1) => (): boolean => {
    const index = indexNow();
    const to = shown[index < 0 ? 0 : index + by];
    if (!to) return false;
    point(to);
    choose(to.id, true);
    box.current?.focus({ preventScroll: true });
    return true;
  };
  // The same function all the time: only rows that come into sight are drawn while one scrolls.
  const latestChoose = useRef(choose);
  latestChoose.current = choose;
  const latestPick = useRef(pick);
  latestPick.current = pick;
  const chosen = useRef((id: string, event?: MouseEvent) => {
    if (event && desk.may('conversations.write') && (event.shiftKey || event.ctrlKey || event.metaKey || desk.selection.ids.peek().size > 0)) latestPick.current(id, event);
    else {
      anchorOf(anchor, id);
      latestChoose.current(id);
    }
  }).current;
  const may = desk.may('conversations.write');
  useShortcut('select', may && active !== null ? () => desk.selection.toggle(latest.current ?? active) : null);
  useShortcut('nextConversation', step(1));
  useShortcut('previousConversation', step(-1));
  return (
    <div
      ref={box}
      class="scroll list-rows"
      role="listbox"
      aria-multiselectable={desk.selection.ids.value.size > 0 || undefined}
      aria-label={w.headings[desk.lists.view.value]}
      aria-activedescendant={active && shown.some(({ id }) => id === active) ? `row-${active}` : undefined}
      tabIndex={0}
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
            active={item.kind === 'row' && item.id === active}
            total={shown.length}
            onChoose={chosen}
          />
        ))}
      </div>
    </div>
  );
}

/** Which part of the list is in sight, in pixels; told once a frame. */
function useSpan(box: { readonly current: HTMLDivElement | null }) {
  const [span, setSpan] = useState({ top: 0, height: 0 });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    let frame = 0;
    const measure = (): void => {
      frame = 0;
      setSpan({ top: element.scrollTop, height: element.clientHeight });
    };
    const soon = (): void => {
      if (frame === 0) frame = requestAnimationFrame(measure);
    };
    measure();
    const size = new ResizeObserver(soon);
    size.observe(element);
    element.addEventListener('scroll', soon, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      size.disconnect();
      element.removeEventListener('scroll', soon);
    };
  }, []);
  return span;
}

function useNextPage(desk: Desk, nearEnd: boolean): void {
  const { next, phase } = desk.lists.paging.value;
  useEffect(() => {
    if (nearEnd && next !== null && phase === 'ready') void desk.lists.more(desk.lists.view.value);
  }, [nearEnd, next, phase]);
}

/** From where a range is chosen. */
function anchorOf(anchor: { current: string | null }, id: string): void {
  anchor.current = id;
}

interface PlacedProps {
  item: Item;
  desk: Desk;
  active: boolean;
  total: number;
  onChoose: (id: string, event?: MouseEvent) => void;
}

function Placed({ item, desk, active, total, onChoose }: PlacedProps) {
  const w = t();
  if (item.kind === 'row') {
    return (
      <div class="list-place" role="presentation" style={{ '--top': item.top }}>
        <ListRow
          desk={desk}
          id={item.id}
          active={active}
          place={item.place}
          total={total}
          onChoose={onChoose}
        />
      </div>
    );
  }
  const label = { us: w.waitingForYou, customer: w.waitingForCustomer, asleep: w.views.snoozed, over: w.views.resolved }[item.group];
  return (
    <div class="list-place list-caption" role="presentation" style={{ '--top': item.top }}>
      {label}
      <span class="num">{item.count}</span>
      {item.group === 'us' && <span class="end">{own().captions[desk.lists.filters.value.sort]}</span>}
    </div>
  );
}

function reveal(box: HTMLDivElement | null, item: Item | undefined): void {
  if (!box || !item) return;
  if (item.top < box.scrollTop) box.scrollTop = item.top;
  else if (item.top + item.height > box.scrollTop + box.clientHeight)
    box.scrollTop = item.top + item.height - box.clientHeight;
}
