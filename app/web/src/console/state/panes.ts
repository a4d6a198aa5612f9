/** How wide the panes beside the thread are and whether they are open: a choice of this device. Widths in CSS pixels. */
import { signal } from '@preact/signals';
import { localStorageOrNull } from '../../kit/storage';

export type Pane = 'list' | 'side';

export interface Panes {
  readonly list: number;
  readonly side: number;
  readonly listOpen: boolean;
  readonly sideOpen: boolean;
}

const KEY = 'monodesk.panes';
export const PANES: Panes = { list: 336, side: 336, listOpen: true, sideOpen: true };
export const WIDTH_MIN = 240;
export const WIDTH_MAX = 520;
/** What the thread keeps, whatever is asked for. */
const THREAD_MIN = 380;
const RAIL = 56;
/** What is left of a pane that is shut: its button. */
export const SHUT = 44;
/** Up to it the side is a drawer over the thread, as App.css has it. */
export const DRAWER_UP_TO = 1180;

export const panes = signal<Panes>(PANES);

/** Takes up what this device chose before. */
export function recallPanes(): void {
  panes.value = parse(localStorageOrNull()?.getItem(KEY) ?? '');
}

export function choosePanes(change: Partial<Panes>): void {
  panes.value = { ...panes.value, ...change };
  localStorageOrNull()?.setItem(KEY, JSON.stringify(panes.value));
}

/** What was kept, as far as it can be believed. */
export function parse(kept: string): Panes {
  let found: Partial<Record<keyof Panes, unknown>>;
  try {
    found = (JSON.parse(kept) ?? {}) as typeof found;
  } catch {
    return PANES;
  }
  const width = (value: unknown, otherwise: number): number =>
    typeof value === 'number' && Number.isFinite(value) ? within(value, WIDTH_MIN, WIDTH_MAX) : otherwise;
  return {
    list: width(found.list, PANES.list),
    side: width(found.side, PANES.side),
    listOpen: found.listOpen !== false,
    sideOpen: found.sideOpen !== false,
  };
}

/** The widths that a window of this width can give, and the most that each pane may have there. */
export function fitted(wanted: Panes, window: number): Record<Pane, number> & { readonly max: Record<Pane, number> } {
  const drawer = window <= DRAWER_UP_TO;
  const room = window - RAIL - THREAD_MIN;
  const sideNeeds = drawer || !wanted.sideOpen ? 0 : WIDTH_MIN;
  const listMax = within(room - sideNeeds, WIDTH_MIN, WIDTH_MAX);
  const list = within(wanted.list, WIDTH_MIN, listMax);
  const sideMax = drawer ? WIDTH_MAX : within(room - (wanted.listOpen ? list : SHUT), WIDTH_MIN, WIDTH_MAX);
  return { list, side: within(wanted.side, WIDTH_MIN, sideMax), max: { list: listMax, side: sideMax } };
}

function within(value: number, min: number, max: number): number {
  return Math.round(Math.max(min, Math.min(max, value)));
}
