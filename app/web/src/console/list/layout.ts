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
  return items.filter((item) => item.top + item.height > from && item.top < to);
}
