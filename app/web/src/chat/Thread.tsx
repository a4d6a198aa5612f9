import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks';
import type { Attachment } from '../kit/frames';
import { Avatar } from '../kit/ui/Avatar';
import { Bubble, Dots, Say } from '../kit/ui/Bubble';
import { Button } from '../kit/ui/Button';
import { Announcer } from './Announcer';
import { usePicture, useSave } from './Attached';
import { Composer, chosen } from './Composer';
import { ConditionLine } from './ConditionLine';
import { Mark } from './Frame';
import { ThreadFoot } from './ThreadFoot';
import { Refused, ThreadLine } from './ThreadLine';
import { ThreadTools } from './ThreadTools';
import { type Line, lastOwn, linesOf, openReplies, unreadOf } from './lines';
import { imageView } from './parts';
import { useThreadScroll } from './useThreadScroll';
import type { Visit } from './visit';
import { t } from './words';

/** What the large view does with an image as a line of the thread does. */
const pictures = { usePicture, useSave };

/** A conversation: who answers, what was said, where to write. */
export function Thread({ visit, onClose }: { visit: Visit; onClose: (() => void) | null }) {
  const [over, setOver] = useState(false);
  const [viewed, setViewed] = useState<Attachment | null>(null);
  const View = imageView.held.value?.ImageView;
  const view = (file: Attachment): void => {
    void imageView.fetch();
    setViewed(file);
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    visit.uploads.add(chosen(event.dataTransfer?.files ?? null));
  };
  return (
    <main
      class={over ? 'wid dropping' : 'wid'}
      aria-label={t().thread}
      onDragOver={(event) => { event.preventDefault(); setOver(true); visit.uploads.again(true); }}
      onDragLeave={(event) => { if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false); }}
      onDrop={drop}
    >
      <Heading visit={visit} onClose={onClose} />
      <Said visit={visit} onView={view} />
      <Announcer visit={visit} />
      <ConditionLine visit={visit} />
      <ThreadFoot visit={visit} />
      <Composer visit={visit} />
      {over && <div class="drop-here" aria-hidden="true">{t().dropHere}</div>}
      {View !== undefined && viewed !== null && <View api={visit.api} file={viewed} {...pictures} onClose={() => setViewed(null)} />}
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
      <ThreadTools visit={visit} onClose={onClose} />
    </header>
  );
}

/** The thread itself. What is new since it was last looked at begins with a line, which stays until the next look. */
function Said({ visit, onView }: { visit: Visit; onView: (file: Attachment) => void }) {
  const { entries, pending, writer, head, seen, caughtUp, session } = visit;
  const readTo = useReadTo(visit);
  const lines = useMemo(
    () => linesOf(entries.value, pending.value, session.contact_id, readTo),
    [entries.value, pending.value, readTo],
  );
  const hasFresh = readTo !== null && lines.some(({ kind }) => kind === 'fresh');
  const { box, span, atEnd, onScroll, toEnd } = useThreadScroll(lines, hasFresh ? 'fresh' : null);
  const mark = lastOwn(entries.value)?.id ?? null;
  const offer = useMemo(() => openReplies(entries.value, pending.value), [entries.value, pending.value]);
  // a line that has not changed is the same node, so a page more costs no more than its own lines
  const drawn = useMemo(() => new Map<Line, ComponentChildren>(), [lines, mark, offer]);
  const draw = (line: Line): ComponentChildren => {
    if (!drawn.has(line)) {
      drawn.set(line, (
        <div key={line.key} class="line" data-line={line.key}>
          <ThreadLine line={line} visit={visit} mark={mark} offer={offer} onView={onView} />
        </div>
      ));
    }
    return drawn.get(line);
  };
  const unread = unreadOf(entries.value, visit.visitorRead);

  useLayoutEffect(toEnd, [pending.value.length]);
  useEffect(() => {
    if (atEnd && seen.value && caughtUp.value) visit.readAll();
  }, [lines, atEnd, seen.value, caughtUp.value]);

  return (
    <div class="thread-place">
      <div class="wbody wthread" ref={box} onScroll={onScroll} tabIndex={0} role="log" aria-label={t().thread} aria-live="off">
        <div class="lines">
          {span.from === 0 && (
            <div class="intro">
              <Mark />
              <b>{session.inbox.name}</b>
              <span class="small t3">{t().ownServer}</span>
              {visit.greeting.value && <p>{visit.greeting.value}</p>}
            </div>
          )}
          {lines.slice(span.from, span.to).map(draw)}
          {span.to === lines.length && <After visit={visit} empty={head.value === null && lines.length === 0} />}
          {writer.value !== null && span.to === lines.length && (
            <Say side="them" id={writer.value.id} name={writer.value.name || t().team}>
              <Bubble><span class="sr">{t().writing(writer.value.name)}</span><Dots /></Bubble>
            </Say>
          )}
        </div>
      </div>
      {!atEnd && (
        <Button class="new-below" size="s" icon="down" label={unread > 0 ? undefined : t().toNewest} onPress={toEnd}>
          {unread > 0 ? t().newBelow(unread) : undefined}
        </Button>
      )}
    </div>
  );
}

/** What hangs below the last entry: a refused change, and how the conversation stands. */
function After({ visit, empty }: { visit: Visit; empty: boolean }) {
  const status = visit.head.value?.status;
  return (
    <>
      {visit.pending.value.map((one) =>
        one.command.t !== 'send' && one.refused !== null ? (
          <Refused key={one.command.cid} pending={one} visit={visit} />
        ) : null,
      )}
      {empty && <p class="event">{t().fresh}</p>}
      {status === 'queued' && <p class="event">{t().queued}</p>}
      {(status === 'resolved' || status === 'closed') && <p class="event">{t().over}</p>}
    </>
  );
}

/** How far the visitor had read when he began to look; null where nothing was new then, and once he has spoken. */
function useReadTo(visit: Visit): number | null {
  const [readTo, setReadTo] = useState<number | null>(null);
  const { seen, caughtUp, head, pending, entries } = visit;
  useLayoutEffect(() => {
    if (!seen.value || !caughtUp.value) return;
    setReadTo(unreadOf(entries.value, visit.visitorRead) > 0 ? visit.visitorRead : null);
  }, [seen.value, caughtUp.value, head.value?.conv]);
  useEffect(() => { if (pending.value.length > 0) setReadTo(null); }, [pending.value.length]);
  return readTo;
}
