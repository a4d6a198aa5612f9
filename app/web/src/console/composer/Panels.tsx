import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { language } from '../../kit/i18n';
import { Avatar } from '../../kit/ui/Avatar';
import { type CannedReply, textIn } from '../state/canned';
import { Marked } from '../thread/Prose';
import { t } from './words';

export interface Option {
  readonly id: string;
}

interface PanelProps<T extends Option> {
  id: string;
  label: string;
  head: ComponentChildren;
  empty: string;
  options: readonly T[];
  at: number;
  onChoose: (option: T) => void;
  draw: (option: T) => ComponentChildren;
}

/** A list above the field, inside the composer: it pushes the thread up and covers nothing of it. The field steers it. */
export function Panel<T extends Option>({ id, label, head, empty, options, at, onChoose, draw }: PanelProps<T>) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    box.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [at, options]);
  return (
    <div class="picker">
      <div class="picker-head">{head}</div>
      {options.length === 0 && <p class="picker-empty">{empty}</p>}
      <div class="picker-rows" id={id} ref={box} role="listbox" aria-label={label}>
        {options.map((option, index) => (
          <div
            key={option.id}
            id={`${id}-${option.id}`}
            class={index === at ? 'picker-row on' : 'picker-row'}
            role="option"
            aria-selected={index === at}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => onChoose(option)}
          >
            {draw(option)}
          </div>
        ))}
      </div>
    </div>
  );
}

interface CannedPanelProps {
  id: string;
  query: string;
  options: readonly CannedReply[];
  total: number;
  failed: boolean;
  at: number;
  /** Of the customer, so that he reads what he will send. */
  speaks: string;
  onChoose: (reply: CannedReply) => void;
}

/** Canned replies that match, each with its text on one line and how often it was used. */
export function CannedPanel({ id, query, options, total, failed, at, speaks, onChoose }: CannedPanelProps) {
  const w = t();
  const head = (
    <>
      <span>{w.canned}</span>
      <span class="num">
        {options.length} / {total}
      </span>
      <span class="end row row-s not-phone">
        <kbd>↑</kbd>
        <kbd>↓</kbd>
        {w.choose} <kbd>⏎</kbd>
        {w.insert} <kbd>{/Mac|iP/.test(navigator.platform) ? '⌥⏎' : 'Alt ⏎'}</kbd>
        {w.sendNow}
      </span>
    </>
  );
  return (
    <Panel
      id={id}
      label={w.canned}
      head={head}
      empty={failed ? w.cannedFailed : total === 0 ? w.cannedEmpty : w.cannedNone}
      options={options}
      at={at}
      onChoose={onChoose}
      draw={(reply) => (
        <>
          <b class="cut">
            <Marked text={reply.title || reply.shortcut} query={query} named={[]} />
          </b>
          <span class="t2 cut">
            <Marked text={textIn(reply, speaks)} query={query} named={[]} />
          </span>
          <span class="small t3 num">
            /<Marked text={reply.shortcut} query={query} named={[]} />
            {reply.scope !== 'all' && ` · ${w.scope[reply.scope]}`} · {w.used(reply.used.toLocaleString(language.value))}
          </span>
        </>
      )}
    />
  );
}

interface Person extends Option {
  readonly name: string;
  readonly email: string;
}

/** Colleagues to be named in a note. */
export function MentionPanel({ id, query, options, at, onChoose }: {
  id: string;
  query: string;
  options: readonly Person[];
  at: number;
  onChoose: (person: Person) => void;
}) {
  const w = t();
  return (
    <Panel
      id={id}
      label={w.colleagues}
      head={w.colleagues}
      empty={w.nobody}
      options={options}
      at={at}
      onChoose={onChoose}
      draw={(person) => (
        <>
          <Avatar id={person.id} name={person.name} size="xs" />
          <span class="cut grow">
            <Marked text={person.name} query={query} named={[]} />
          </span>
          <span class="small t3 cut">{person.email}</span>
        </>
      )}
    />
  );
}
