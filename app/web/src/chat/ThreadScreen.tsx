import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Avatar } from '../kit/ui/Avatar';
import { Button } from '../kit/ui/Button';
import { Dots, Bubble, Say } from '../kit/ui/Bubble';
import { Composer, chosen } from './Composer';
import { ConditionLine } from './ConditionLine';
import { Mark, Tools } from './Frame';
import { ThreadLine } from './ThreadLine';
import { lastOwn, linesOf } from './lines';
import type { Visit } from './visit';
import { t } from './words';

const NEAR_PX = 48;

/** A conversation: who answers, what was said, where to write. */
export function ThreadScreen({ visit, onClose }: { visit: Visit; onClose: (() => void) | null }) {
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    visit.uploads.add(chosen(event.dataTransfer?.files ?? null));
  };
  return (
    <main
      class={over ? 'wid dropping' : 'wid'}
      aria-label={t().thread}
      onDragOver={(event) => { event.preventDefault(); setOver(true); }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Heading visit={visit} onClose={onClose} />
      <Said visit={visit} />
      <ConditionLine visit={visit} />
      <Composer visit={visit} />
      {over && <div class="drop-here" aria-hidden="true">{t().dropHere}</div>}
    </main>
  );
}

function Heading({ visit, onClose }: { visit: Visit; onClose: (() => void) | null }) {
  const head = visit.head.value;
  const agent = head?.agent ?? '';
  const face = visit.entries.value.find(({ sender }) => sender.kind === 'agent' && sender.name === agent)?.sender.id ?? agent;
  return (
    <header class="whead">
      <Button kind="ghost" size="s" icon="left" label={t().back} onPress={() => visit.show({ at: 'home' })} />
      {agent === '' ? <Mark /> : <Avatar id={face} name={agent} />}
      <div class="grow">
        <h1 class="cut">{agent || visit.session.inbox.name}</h1>
        {head !== null && <div class="small t3 cut">{agent === '' ? t().status[head.status] : visit.session.inbox.name}</div>}
      </div>
      <Tools onClose={onClose} />
    </header>
  );
}

/** The thread itself: it stays at its end while the reader is there, and never pulls him down while he reads above. */
function Said({ visit }: { visit: Visit }) {
  const place = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const { entries, pending, writer, head, seen, session } = visit;
  const lines = useMemo(() => linesOf(entries.value, pending.value, session.contact_id), [entries.value, pending.value]);
  const mark = lastOwn(entries.value)?.id ?? null;
  const toEnd = (): void => place.current?.scrollTo(0, place.current.scrollHeight);

  useLayoutEffect(() => { if (atEnd) toEnd(); }, [lines, writer.value]);
  useLayoutEffect(toEnd, [pending.value.length]);
  useEffect(() => { if (atEnd && seen.value) visit.readAll(); }, [lines, atEnd, seen.value]);
  useEffect(() => {
    // images that load and a field that grows move the end
    const watcher = new ResizeObserver(() => { if (atEnd) toEnd(); });
    for (const child of [place.current, place.current?.firstElementChild]) if (child) watcher.observe(child);
    return () => watcher.disconnect();
  }, [atEnd]);

  const scrolled = (): void => {
    const element = place.current;
    if (element !== null) setAtEnd(element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX);
  };
  return (
    <div class="wbody wthread" ref={place} onScroll={scrolled} tabIndex={0} role="log" aria-label={t().thread} aria-live="polite">
      <div class="lines">
        <div class="intro">
          <Mark />
          <b>{session.inbox.name}</b>
          <span class="small t3">{t().ownServer}</span>
        </div>
        {lines.map((line) => <ThreadLine key={line.key} line={line} visit={visit} mark={mark} />)}
        {head.value === null && lines.length === 0 && <p class="event">{t().fresh}</p>}
        {head.value?.status === 'queued' && <p class="event">{t().queued}</p>}
        {(head.value?.status === 'resolved' || head.value?.status === 'closed') && <p class="event">{t().over}</p>}
        {writer.value !== null && (
          <Say side="them" id={writer.value.id} name={writer.value.name || t().team}>
            <Bubble><span class="sr">{t().writing(writer.value.name)}</span><Dots /></Bubble>
          </Say>
        )}
      </div>
      {!atEnd && visit.unread.value > 0 && (
        <Button class="new-below" size="s" icon="down" onPress={toEnd}>{t().newBelow}</Button>
      )}
    </div>
  );
}
