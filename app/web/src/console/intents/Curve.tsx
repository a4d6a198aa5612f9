import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Table } from '../../kit/ui/Table';
import { type Point, along, at, byCoverage, floorOf, percent } from './figures';
import { t } from './words';

/** What is promised of answers. */
export const GOAL = 0.985;
const WIDTH = 100;
const HEIGHT = 60;
const GRID = 4;
const FAR = 5;

interface CurveProps {
  readonly curve: readonly Point[];
  readonly threshold: number;
  readonly disabled: boolean;
  readonly onChange: (threshold: number) => void;
}

/**
 * Precision against coverage; the threshold is a handle on the line, dragged or moved by arrows. Drawn as SVG, whose
 * colours are classes: a change of theme needs no new drawing, and no library is fetched for one line.
 */
export function Curve({ curve, threshold, disabled, onChange }: CurveProps) {
  const w = t().quality;
  const frame = useRef<SVGSVGElement>(null);
  const [dragging, setDragging] = useState(false);
  const [table, setTable] = useState(false);
  const points = byCoverage(curve);
  const here = at(points, threshold);
  const floor = floorOf(points);
  const x = ({ coverage }: Point): number => coverage * WIDTH;
  const y = (precision: number): number => HEIGHT - ((precision - floor) / (1 - floor)) * HEIGHT;
  const path = points.map((point, index) => `${index === 0 ? 'M' : 'L'}${x(point)} ${y(point.precision)}`).join('');
  const taken = points.filter(({ coverage }) => coverage <= here.coverage);
  const under = taken.length === 0 ? '' : `M${x(taken[0] as Point)} ${HEIGHT}${taken.map((point) => `L${x(point)} ${y(point.precision)}`).join('')}L${x(here)} ${HEIGHT}Z`;
  const toPointer = (event: JSX.TargetedPointerEvent<SVGSVGElement>): void => {
    const box = frame.current?.getBoundingClientRect();
    if (!box || box.width === 0) return;
    const wanted = (event.clientX - box.left) / box.width;
    const nearest = points.reduce((best, point) => (Math.abs(point.coverage - wanted) < Math.abs(best.coverage - wanted) ? point : best));
    onChange(nearest.threshold);
  };
  const steer = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, PageUp: -FAR, PageDown: FAR, Home: -points.length, End: points.length };
    const step = steps[event.key];
    if (step === undefined || disabled) return;
    event.preventDefault();
    onChange(along(points, threshold, step).threshold);
  };
  return (
    <figure class="curve">
      <div class="curve-frame">
        <div class="curve-rows" aria-hidden="true">
          {Array.from({ length: GRID + 1 }, (_, index) => (
            <span key={index} class="micro num">
              {percent(1 - ((1 - floor) / GRID) * index, 0)}
            </span>
          ))}
        </div>
        <div class="curve-plot">
          <svg
            ref={frame}
            viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
            preserveAspectRatio="none"
            aria-hidden="true"
            onPointerDown={(event) => {
              if (disabled) return;
              event.currentTarget.setPointerCapture(event.pointerId);
              setDragging(true);
              toPointer(event);
            }}
            onPointerMove={(event) => dragging && toPointer(event)}
            onPointerUp={() => setDragging(false)}
            onPointerCancel={() => setDragging(false)}
          >
            {Array.from({ length: GRID + 1 }, (_, index) => (
              <line key={index} class="curve-grid" x1="0" x2={WIDTH} y1={(HEIGHT / GRID) * index} y2={(HEIGHT / GRID) * index} />
            ))}
            <path class="curve-taken" d={under} />
            <line class="curve-goal" x1="0" x2={WIDTH} y1={y(GOAL)} y2={y(GOAL)} />
            <path class="curve-line" d={path} />
            <line class="curve-now" x1={x(here)} x2={x(here)} y1="0" y2={HEIGHT} />
          </svg>
          <span class="curve-goal-label micro" style={{ '--v': (y(GOAL) / HEIGHT) * 100 }}>
            {w.goal(percent(GOAL))}
          </span>
          <button
            type="button"
            role="slider"
            class="curve-handle"
            disabled={disabled}
            aria-label={w.threshold}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.round(here.threshold * 100)}
            aria-valuetext={w.would(percent(here.threshold, 0), percent(here.coverage), percent(here.precision))}
            style={{ '--v': here.coverage * 100, '--top': (y(here.precision) / HEIGHT) * 100 }}
            onKeyDown={steer}
          />
        </div>
      </div>
      <div class="curve-axis micro num" aria-hidden="true">
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <span key={share}>{percent(share, 0)}</span>
        ))}
      </div>
      <figcaption class="small t3">{w.axis}</figcaption>
      <div>
        <Button size="s" kind="ghost" expanded={table} onPress={() => setTable(!table)}>
          {w.asTable}
        </Button>
      </div>
      {table && (
        <Table label={w.curve} head={[w.threshold, w.coverage, w.precision]}>
          {points.map((point) => (
            <tr key={point.threshold}>
              <td class="num">{percent(point.threshold)}</td>
              <td class="num">{percent(point.coverage)}</td>
              <td class="num">{percent(point.precision)}</td>
            </tr>
          ))}
        </Table>
      )}
    </figure>
  );
}
