import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Icon } from '../../kit/ui/Icon';
import type { Api } from '../../kit/api';
import { useDesk } from '../state/desk';
import { t } from './words';

const PATIENCE_MS = 200;
/** More places than anybody walks through. */
const PLACES_MAX = 2_000;

interface Places {
  /** Newest first. */
  readonly seqs: readonly number[];
  readonly more: boolean;
}

interface FindBarProps {
  conv: string;
  onQuery: (query: string) => void;
  onGo: (seq: number) => void;
  onClose: () => void;
}

/** Words in this thread: how often they stand there, and from one place to the next. */
export function FindBar({ conv, onQuery, onGo, onClose }: FindBarProps) {
  const w = t();
  const field = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState('');
  const { places, phase } = usePlaces(conv, query);
  const [at, setAt] = useState(0);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => onQuery(phase === 'ready' ? query : ''), [places, phase]);
  useLayoutEffect(() => {
    // Before the next key: an effect run later would take a first Shift+Enter back.
    setAt(0);
    if (places.seqs[0] !== undefined) onGo(places.seqs[0]);
  }, [places]);
  const move = (by: number): void => {
    const count = places.seqs.length;
    if (count === 0) return;
    const next = (at + by + count) % count;
    setAt(next);
    onGo(places.seqs[next] ?? 0);
  };
  const press = (event: KeyboardEvent): void => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Escape') onClose();
    else if (event.key === 'Enter') move(event.shiftKey ? -1 : 1);
    else if (event.key === 'ArrowUp') move(1);
    else if (event.key === 'ArrowDown') move(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <search class="find-bar" onKeyDown={press}>
      <Icon name="search" />
      <input
        ref={field}
        class="find-field"
        type="search"
        maxLength={200}
        aria-label={w.find}
        placeholder={w.find}
        value={query}
        onInput={(event) => setQuery(event.currentTarget.value)}
      />
      <span class="small t3 num" role="status">
        {told(places, phase, at)}
      </span>
      <Button kind="ghost" size="s" icon="up" label={w.findOlder} keys="Enter" disabled={places.seqs.length === 0} onPress={() => move(1)} />
      <Button kind="ghost" size="s" icon="down" label={w.findNewer} keys="Shift+Enter" disabled={places.seqs.length === 0} onPress={() => move(-1)} />
      <Button kind="ghost" size="s" icon="x" label={w.findClose} keys="Esc" onPress={onClose} />
    </search>
  );
}

function told({ seqs, more }: Places, phase: Phase, at: number): string {
  const w = t();
  if (phase === 'idle') return '';
  if (phase === 'loading') return w.searching;
  if (phase === 'failed') return w.findFailed;
  return seqs.length === 0 ? w.findNothing : w.findPlace(at + 1, seqs.length, more);
}

type Phase = 'idle' | 'loading' | 'ready' | 'failed';
const NOWHERE: Places = { seqs: [], more: false };

/** Asks once he pauses; an answer that comes after another question is dropped. */
function usePlaces(conv: string, query: string): { places: Places; phase: Phase } {
  const desk = useDesk();
  const [state, setState] = useState<{ places: Places; phase: Phase }>({ places: NOWHERE, phase: 'idle' });
  useEffect(() => {
    if (query.trim() === '') return setState({ places: NOWHERE, phase: 'idle' });
    const stop = new AbortController();
    const timer = setTimeout(() => {
      setState({ places: NOWHERE, phase: 'loading' });
      placesOf(desk.api, conv, query, stop.signal)
        .then((places) => stop.signal.aborted || setState({ places, phase: 'ready' }))
        .catch(() => stop.signal.aborted || setState({ places: NOWHERE, phase: 'failed' }));
    }, PATIENCE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [conv, query]);
  return state;
}

async function placesOf(api: Api, conv: string, query: string, signal: AbortSignal): Promise<Places> {
  const seqs: number[] = [];
  let next: string | null = null;
  do {
    const before: string = next === null ? '' : `&before=${next}`;
    const path = `api/v1/conversations/${conv}/search?q=${encodeURIComponent(query)}${before}`;
    const page: { seqs: number[]; next: string | null } = await api.get(path, { signal });
    seqs.push(...page.seqs);
    next = page.next;
  } while (next !== null && seqs.length < PLACES_MAX);
  return { seqs, more: next !== null };
}
