import { useRef } from 'preact/hooks';
import { PANES, type Pane, WIDTH_MIN, choosePanes, panes } from '../state/panes';
import { t } from './words';
import './Separator.css';

const STEP = 16;
const LEAP = 64;

interface SeparatorProps {
  pane: Pane;
  /** The pane's width now and the most that it may have, in CSS pixels. */
  width: number;
  max: number;
  controls: string;
  onHide: () => void;
}

/** The line between two panes: dragged, or moved by the arrow keys; a double click brings the usual width back. */
export function Separator({ pane, width, max, controls, onHide }: SeparatorProps) {
  const w = t();
  const from = useRef<{ x: number; width: number } | null>(null);
  const outward = pane === 'list' ? 1 : -1; // the contact pane grows to the left
  const set = (value: number): void => choosePanes({ [pane]: Math.max(WIDTH_MIN, Math.min(max, Math.round(value))) });
  const press = (event: KeyboardEvent): void => {
    const step = (event.shiftKey ? LEAP : STEP) * outward;
    const targets: Record<string, number> = {
      ArrowLeft: width - step,
      ArrowRight: width + step,
      Home: WIDTH_MIN,
      End: max,
    };
    const target = targets[event.key];
    if (target !== undefined) set(target);
    else if (event.key === 'Enter') onHide();
    else return;
    event.preventDefault();
  };
  const drop = (): void => {
    from.current = null;
    choosePanes({});
  };
  return (
    <div
      class="separator"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={pane === 'list' ? w.resizeList : w.resizeSide}
      aria-valuenow={width}
      aria-valuemin={WIDTH_MIN}
      aria-valuemax={max}
      aria-controls={controls}
      title={w.resizeHint}
      onKeyDown={press}
      onDblClick={() => choosePanes({ [pane]: PANES[pane] })}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = { x: event.clientX, width };
      }}
      onPointerMove={(event) => {
        const start = from.current;
        if (!start) return;
        const wanted = start.width + (event.clientX - start.x) * outward;
        panes.value = { ...panes.peek(), [pane]: Math.max(WIDTH_MIN, Math.min(max, Math.round(wanted))) };
      }}
      onPointerUp={drop}
      onPointerCancel={drop}
    />
  );
}
