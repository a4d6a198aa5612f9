import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Avatar } from '../../kit/ui/Avatar';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { Empty, Failure } from '../../kit/ui/Empty';
import { Icon } from '../../kit/ui/Icon';
import { Skeleton } from '../../kit/ui/Skeleton';
import { marked } from '../search/snippet';
import { useDesk } from '../state/desk';
import { shortTime } from '../times';
import { t as words } from '../words';
import './CommandBar.css';
import { type Found, useFound } from './found';
import { GROUPS, type Group, type Option, ofContact, ofMessage, ofTicket, own } from './options';
import { t } from './words';

/** Ctrl+K: everything by its name. Words that were said, customers, what can be done here, where one can go. */
export function CommandBar() {
  const desk = useDesk();
  const w = t();
  const [typed, setTyped] = useState('');
  const [active, setActive] = useState(0);
  const query = typed.trim();
  const [found, more] = useFound(desk, query);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  useLayoutEffect(() => setActive(0), [query]); // before the next key
  const options = ordered([
    ...own(desk, query),
    ...(query ? found.contacts.map((contact) => ofContact(desk, contact)) : []),
    ...(query ? found.tickets.map((ticket) => ofTicket(desk, ticket)) : []),
    ...(query ? found.hits.map((hit) => ofMessage(desk, hit)) : []),
  ]);
  const close = (): void => {
    desk.searching.value = false;
  };
  const choose = (option: Option | undefined): void => {
    if (!option) return;
    field.current?.closest('dialog')?.close(); // gives the focus back first: what is chosen may take it
    close();
    option.choose();
  };
  const press = (event: KeyboardEvent): void => {
    if (event.isComposing || event.keyCode === 229) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && options.length > 0) {
      const next = (active + step + options.length) % options.length;
      setActive(next);
      document.getElementById(`command-${next}`)?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') choose(options[active]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={w.title} wide bare onClose={close}>
      <div class="search" onKeyDown={press}>
        <div class="search-field">
          <Icon name="search" />
          <input
            ref={field}
            type="text"
            enterkeyhint="search"
            role="combobox"
            aria-expanded={options.length > 0}
            aria-controls={options.length > 0 ? 'commands' : undefined}
            aria-autocomplete="list"
            aria-activedescendant={options.length > 0 ? `command-${active}` : undefined}
            aria-label={w.placeholder}
            placeholder={w.placeholder}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          <kbd class="not-phone">Esc</kbd>
          <span class="only-phone">
            <Button kind="ghost" icon="x" label={words().closePane} onPress={close} />
          </span>
        </div>
        <div class="search-results">
          <Options options={options} active={active} query={query} onChoose={choose} />
          <Rest found={found} query={query} empty={options.length === 0} onMore={more} />
        </div>
        <footer class="search-foot not-phone">
          <kbd>↑</kbd>
          <kbd>↓</kbd>
          {w.move}
          <kbd>⏎</kbd>
          {w.choose}
          <span class="end" role="status">
            {query && found.phase === 'ready' ? w.count(options.length) : ''}
          </span>
        </footer>
      </div>
    </Dialog>
  );
}

interface OptionsProps {
  options: readonly Option[];
  active: number;
  query: string;
  onChoose: (option: Option) => void;
}

function Options({ options, active, query, onChoose }: OptionsProps) {
  const w = t();
  if (options.length === 0) return null;
  return (
    <div role="listbox" tabIndex={0} id="commands" aria-label={w.results}>
      {GROUPS.filter((group) => options.some((option) => option.group === group)).map((group) => (
        <div key={group} role="group" aria-label={w.groups[group]}>
          <div class="menu-caption" aria-hidden="true">
            {w.groups[group]}
          </div>
          {options.map((option, index) =>
            option.group === group ? (
              <Line
                key={option.key}
                option={option}
                id={`command-${index}`}
                active={index === active}
                query={query}
                onChoose={onChoose}
              />
            ) : null,
          )}
        </div>
      ))}
    </div>
  );
}

interface LineProps {
  option: Option;
  id: string;
  active: boolean;
  query: string;
  onChoose: (option: Option) => void;
}

function Line({ option, id, active, query, onChoose }: LineProps) {
  const desk = useDesk();
  const { label, face, icon, at, keys, note } = option;
  return (
    <div class="menu-option hit" id={id} role="option" aria-selected={active} onClick={() => onChoose(option)}>
      {face ? <Avatar id={face.id} name={face.name} size="s" /> : <Icon name={icon ?? 'go'} />}
      <div class="grow">
        <div class="row">
          <span class={option.words ? 'mid cut grow' : 'cut grow'}>
            <Marked text={label} query={query} />
          </span>
          {at !== undefined && <span class="small t3 num">{shortTime(at, desk.now.peek())}</span>}
          {keys?.map((key) => <kbd key={key}>{key}</kbd>)}
        </div>
        {option.words && (
          <div class="row row-s t2">
            {note && <Icon name="lock" size="s" label={words().note} />}
            <span class="cut grow">
              <Marked text={option.words} query={query} />
            </span>
          </div>
        )}
      </div>
    </div>
  );
}

function Marked({ text, query }: { text: string; query: string }) {
  return (
    <>
      {marked(text, query).map((piece, place) =>
        piece.match ? <mark key={place}>{piece.text}</mark> : piece.text,
      )}
    </>
  );
}

/** What stands below what was found: still searching, nothing, refused, or more of it. */
function Rest({ found, query, empty, onMore }: { found: Found; query: string; empty: boolean; onMore: () => void }) {
  const w = words();
  if (query === '') return null;
  if (found.phase === 'failed')
    return (
      <Failure
        title={w.searchFailed}
        reason={found.why}
        retry={
          <Button size="s" icon="refresh" onPress={onMore}>
            {w.retry}
          </Button>
        }
      />
    );
  if (empty && found.phase !== 'ready') return <Skeleton label={t().searching} rows={4} />;
  if (empty)
    return (
      <Empty icon="search" title={w.noResults(query)}>
        {w.noResultsNext}
      </Empty>
    );
  if (found.next === null) return null;
  return (
    <div class="search-more">
      <Button kind="ghost" size="s" onPress={onMore}>
        {w.moreResults}
      </Button>
    </div>
  );
}

/** Group by group, so that the arrow keys go as the eyes do. */
function ordered(options: readonly Option[]): readonly Option[] {
  const rank = new Map<Group, number>(GROUPS.map((group, index) => [group, index]));
  return [...options].sort((one, other) => (rank.get(one.group) ?? 0) - (rank.get(other.group) ?? 0));
}
