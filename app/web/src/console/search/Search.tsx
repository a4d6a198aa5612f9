import { useEffect, useRef, useState } from 'preact/hooks';
import type { Contact, Conversation, Msg } from '../../kit/frames';
import { Avatar } from '../../kit/ui/Avatar';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { Empty, Failure } from '../../kit/ui/Empty';
import { Icon } from '../../kit/ui/Icon';
import { Skeleton } from '../../kit/ui/Skeleton';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import { reason } from '../state/session';
import { shortTime } from '../times';
import { t } from '../words';
import './Search.css';
import { marked } from './snippet';

interface Hit {
  readonly conversation: Conversation;
  readonly contact: Contact | null;
  readonly message: Msg;
}

interface Answer {
  readonly results: readonly Hit[];
  readonly next: string | null;
}

type Found =
  | { phase: 'idle' }
  | { phase: 'busy' }
  | { phase: 'failed'; why: string }
  | { phase: 'ready'; answer: Answer };

const PAUSE_MS = 180;

/** Ctrl+K: words that were said, newest first; Enter goes to the message. */
export function Search() {
  const desk = useDesk();
  const w = t();
  const [query, setQuery] = useState('');
  const [found, more] = useFound(desk, query.trim());
  const [active, setActive] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => setActive(0), [query]);
  const hits = found.phase === 'ready' ? found.answer.results : [];
  const close = (): void => {
    desk.searching.value = false;
  };
  const go = (hit: Hit | undefined): void => {
    if (!hit) return;
    close();
    desk.router.go(`c/${hit.conversation.id}?m=${hit.message.seq}`);
  };
  const press = (event: KeyboardEvent): void => {
    if (event.isComposing || event.keyCode === 229) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && hits.length > 0) {
      const next = (active + step + hits.length) % hits.length;
      setActive(next);
      document.getElementById(`hit-${next}`)?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') go(hits[active]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={w.search} wide bare onClose={close}>
      <div class="search" onKeyDown={press}>
        <div class="search-field">
          <Icon name="search" />
          <input
            ref={field}
            type="text"
            enterkeyhint="search"
            role="combobox"
            aria-expanded={hits.length > 0}
            aria-controls="hits"
            aria-activedescendant={hits.length > 0 ? `hit-${active}` : undefined}
            aria-label={w.searchPlaceholder}
            placeholder={w.searchPlaceholder}
            value={query}
            onInput={(event) => setQuery(event.currentTarget.value)}
          />
          <kbd class="not-phone">Esc</kbd>
          <span class="only-phone">
            <Button kind="ghost" icon="x" label={w.closePane} onPress={close} />
          </span>
        </div>
        <div class="search-results">
          <Body found={found} query={query.trim()} active={active} now={desk.now.value} onGo={go} onMore={more} />
        </div>
      </div>
    </Dialog>
  );
}

interface BodyProps {
  found: Found;
  query: string;
  active: number;
  now: number;
  onGo: (hit: Hit) => void;
  onMore: () => void;
}

function Body({ found, query, active, now, onGo, onMore }: BodyProps) {
  const w = t();
  if (found.phase === 'idle') return <p class="search-hint small t3">{w.searchHint}</p>;
  if (found.phase === 'busy') return <Skeleton label={w.searching} rows={4} />;
  if (found.phase === 'failed')
    return (
      <Failure
        title={w.searchFailed}
        reason={found.why}
        retry={
          <Button size="s" onPress={onMore}>
            {w.retry}
          </Button>
        }
      />
    );
  const { results, next } = found.answer;
  if (results.length === 0)
    return (
      <Empty icon="search" title={w.noResults(query)}>
        {w.noResultsNext}
      </Empty>
    );
  return (
    <>
      <div role="listbox" tabIndex={0} id="hits" aria-label={w.results}>
        {results.map((hit, index) => (
          <HitRow
            key={hit.message.id}
            hit={hit}
            index={index}
            active={index === active}
            query={query}
            now={now}
            onGo={onGo}
          />
        ))}
      </div>
      {next && (
        <div class="search-more">
          <Button kind="ghost" size="s" onPress={onMore}>
            {w.moreResults}
          </Button>
        </div>
      )}
    </>
  );
}

function HitRow({
  hit,
  index,
  active,
  query,
  now,
  onGo,
}: {
  hit: Hit;
  index: number;
  active: boolean;
  query: string;
  now: number;
  onGo: (hit: Hit) => void;
}) {
  const w = t();
  const { contact, message } = hit;
  const name = contact ? contact.name || w.visitor(contact.number) : '';
  return (
    <div class="menu-option hit" id={`hit-${index}`} role="option" aria-selected={active} onClick={() => onGo(hit)}>
      <Avatar id={hit.conversation.contact_id} name={contact?.name ?? ''} size="s" />
      <div class="grow">
        <div class="row">
          <span class="mid cut grow">{name}</span>
          <span class="small t3 num">{shortTime(message.at, now)}</span>
        </div>
        <div class="row row-s t2">
          {message.kind === 'note' && <Icon name="lock" size="s" label={w.note} />}
          <span class="cut grow">
            {message.sender.kind !== 'visitor' && message.sender.name && `${message.sender.name}: `}
            {marked(message.text ?? '', query).map((piece, place) =>
              piece.match ? <mark key={place}>{piece.text}</mark> : piece.text,
            )}
          </span>
        </div>
      </div>
    </div>
  );
}

/** Asks when the fingers rest; an older answer never replaces a newer one. */
function useFound(desk: Desk, query: string): [Found, () => void] {
  const [found, setFound] = useState<Found>({ phase: 'idle' });
  const round = useRef(0);
  const ask = async (before: string | null, earlier: readonly Hit[]): Promise<void> => {
    const mine = (round.current += 1);
    try {
      const place = before === null ? '' : `&before=${encodeURIComponent(before)}`;
      const answer = await desk.api.get<Answer>(`api/v1/search?q=${encodeURIComponent(query)}${place}`);
      if (mine === round.current)
        setFound({ phase: 'ready', answer: { ...answer, results: [...earlier, ...answer.results] } });
    } catch (error) {
      if (mine === round.current) setFound({ phase: 'failed', why: reason(error) });
    }
  };
  useEffect(() => {
    round.current += 1;
    if (query === '') {
      setFound({ phase: 'idle' });
      return;
    }
    if (found.phase !== 'ready') setFound({ phase: 'busy' });
    const timer = setTimeout(() => void ask(null, []), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [query]);
  const more = (): void => {
    if (found.phase === 'ready') void ask(found.answer.next, found.answer.results);
    else void ask(null, []);
  };
  return [found, more];
}
