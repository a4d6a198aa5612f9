import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { moved, without } from './draft';
import { t } from './words';

interface OrderedProps<T> {
  readonly label: string;
  readonly list: readonly T[];
  readonly nameOf: (one: T, index: number) => string;
  readonly may: boolean;
  readonly onChange: (list: readonly T[]) => void;
  readonly children: (one: T, index: number) => ComponentChildren;
}

/** A list whose order counts: dragged by its head, moved by buttons, or by Alt with an arrow, the focus going with it. */
export function Ordered<T>({ label, list, nameOf, may, onChange, children }: OrderedProps<T>) {
  const w = t();
  const frame = useRef<HTMLOListElement>(null);
  const [dragged, setDragged] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const [said, setSaid] = useState('');
  const follow = useRef<number | null>(null);
  useEffect(() => {
    if (follow.current === null) return;
    frame.current?.querySelectorAll<HTMLElement>('.ordered-name')[follow.current]?.focus();
    follow.current = null;
  });
  const move = (from: number, to: number): void => {
    if (to < 0 || to >= list.length || from === to) return;
    onChange(moved(list, from, to));
    setSaid(w.movedTo(nameOf(list[from] as T, from), to + 1));
    follow.current = to;
  };
  const drop = (to: number): void => {
    if (dragged !== null) move(dragged, to);
    setDragged(null);
    setOver(null);
  };
  return (
    <>
      <ol ref={frame} class="ordered" aria-label={label}>
        {list.map((one, index) => (
          <li
            key={index}
            class={over === index && dragged !== index ? 'over' : undefined}
            onDragOver={(event) => {
              if (dragged === null) return;
              event.preventDefault();
              setOver(index);
            }}
            onDrop={(event) => {
              event.preventDefault();
              drop(index);
            }}
          >
            <div
              class="ordered-head"
              draggable={may}
              onDragStart={() => setDragged(index)}
              onDragEnd={() => (setDragged(null), setOver(null))}
            >
              <h3
                class="ordered-name grow"
                tabIndex={-1}
                onKeyDown={(event) => steer(event, may, (step) => move(index, index + step))}
              >
                {index + 1}. {nameOf(one, index)}
              </h3>
              {may && (
                <span class="row row-s" onKeyDown={(event) => steer(event, may, (step) => move(index, index + step))}>
                  <Button kind="ghost" size="s" icon="up" label={w.earlier(nameOf(one, index))} keys="Alt+↑" disabled={index === 0} onPress={() => move(index, index - 1)} />
                  <Button kind="ghost" size="s" icon="down" label={w.later(nameOf(one, index))} keys="Alt+↓" disabled={index === list.length - 1} onPress={() => move(index, index + 1)} />
                  <Button kind="ghost" size="s" icon="x" label={w.away(nameOf(one, index))} onPress={() => onChange(without(list, index))} />
                </span>
              )}
            </div>
            <div class="ordered-body">{children(one, index)}</div>
          </li>
        ))}
      </ol>
      <p class="sr" role="status">
        {said}
      </p>
    </>
  );
}

function steer(event: KeyboardEvent, may: boolean, move: (step: number) => void): void {
  if (!may || !event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
  event.preventDefault();
  event.stopPropagation();
  move(event.key === 'ArrowUp' ? -1 : 1);
}
