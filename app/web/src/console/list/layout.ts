/** Where each row of a long list lies, and which of them are in sight. Heights in pixels, as ConversationList.css has them. */
import type { Group, Ordered } from '../state/order';

export const ROW_PX = 60;
export const CAPTION_PX = 36;
const BEYOND_PX = 600;

export type Item =
  | {
      readonly kind: 'caption';
      readonly group: Group;
      readonly count: number;
      readonly top: number;
      readonly height: number;
    }
  | {
      readonly kind: 'row';
      readonly id: string;
      readonly place: number;
      readonly top: number;
      readonly height: number;
    };

/** Captions before each group, rows below each other. */
export function layout(shown: readonly Ordered[]): { items: readonly Item[]; height: number } {
  const counts = new Map<Group, number>();
  for (const { group } of shown) counts.set(group, (counts.get(group) ?? 0) + 1);
  const items: Item[] = [];
  const captioned = new Set<Group>();
  let top = 0;
  shown.forEach(({ group, id }, index) => {
    if (!captioned.has(group)) {
      captioned.add(group);
      items.push({ kind: 'caption', group, count: counts.get(group) ?? 0, top, height: CAPTION_PX });
      top += CAPTION_PX;
    }
    items.push({ kind: 'row', id, place: index + 1, top, height: ROW_PX });
    top += ROW_PX;
  });
  return { items, height: top };
}

/** The items between `top` and `top + height`, and somewhat beyond. */
export function visible(items: readonly Item[], top: number, height: number): readonly Item[] {
  const [from, to] = [top - BEYOND_PX, top + Math.max(height, BEYOND_PX) + BEYOND_PX];
  const first = place(items, from - ROW_PX);
  return items.slice(first, place(items, to)).filter((item) => item.top + item.height > from);
}

/** How many items lie above this height: found by halves, for it is asked at every turn of the wheel. */
function place(items: readonly Item[], top: number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.top ?? 0) < top) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where a key leads from the row at `index` (-1: none) of `count`; null where it leads nowhere. `height`: what is in sight. */
export function target(key: string, index: number, count: number, height: number): number | null {
  const page = Math.max(1, Math.floor(height / ROW_PX) - 1);
  const ways: Readonly<Record<string, number>> = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + page,
    PageUp: index - page,
    Home: 0,
    End: count - 1,
  };
  const to = ways[key];
  return to === undefined ? null : Math.max(0, Math.min(count - 1, to));
}
