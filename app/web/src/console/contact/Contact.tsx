import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { dayLabel, fullTime } from '../../kit/dates';
import type { Contact as Person, Conversation, Viewed } from '../../kit/frames';
import { language } from '../../kit/i18n';
import { Avatar } from '../../kit/ui/Avatar';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Failure } from '../../kit/ui/Empty';
import { Skeleton } from '../../kit/ui/Skeleton';
import { LaterDialog } from '../frame/LaterDialog';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import { keyText } from '../state/shortcuts';
import { reason } from '../state/session';
import { shortTime } from '../times';
import { WhyLine } from '../routing/WhyLine';
import { Labels } from '../tools/Labels';
import { Linked } from '../tools/Related';
import { t } from '../words';
import { type Block, Blocked } from './Blocked';
import { Claimed, Events, type Rating, Ratings, Verified, type VisitorEvent } from './About';
import type { Organisation } from '../organisations/model';
import { Belongs } from './Belongs';
import './Contact.css';
import { loadEarlier } from './earlier';
import { FactList } from './FactList';
import { Fresh } from './Fresh';
import { Lookers } from './Lookers';
import { LaterRecords } from './LaterRecords';
import { TicketsOf } from './TicketsOf';
import { type Page, trail } from './trail';

interface ContactAnswer {
  readonly contact: Person;
  readonly conversations: readonly Conversation[];
  readonly visits: readonly Page[];
  readonly online: boolean;
  readonly events: readonly VisitorEvent[];
  readonly ratings: readonly Rating[];
  readonly block: Block | null;
  readonly organisation: Organisation | null;
  readonly suggested: Organisation | null;
}

type Loaded = { phase: 'loading' } | { phase: 'failed'; why: string } | { phase: 'ready'; answer: ContactAnswer };

/** The right pane: who the customer is, where he looks, what was before. */
export function Contact({ conv, onClose }: { conv: string; onClose: () => void }) {
  const desk = useDesk();
  const w = t();
  const id = desk.lists.heads.value.get(conv)?.conversation.contact_id;
  const may = desk.may('contacts.read');
  const [loaded, load] = useContact(desk, may ? id : undefined);
  return (
    <aside class="side" id="side" aria-label={w.contact}>
      <div class="side-close">
        <Button kind="ghost" icon="x" size="s" label={w.closePane} keys={keyText('toggleSide')} onPress={onClose} />
      </div>
      <div class="scroll">
        {!may && <NameAlone desk={desk} conv={conv} />}
        {may && loaded.phase === 'loading' && <Skeleton label={w.loadingContact} rows={4} />}
        {loaded.phase === 'failed' && (
          <Failure
            title={w.contactFailed}
            reason={loaded.why}
            retry={
              <Button size="s" icon="refresh" onPress={load}>
                {w.retry}
              </Button>
            }
          />
        )}
        {loaded.phase === 'ready' && <Details desk={desk} conv={conv} answer={loaded.answer} onChange={load} />}
      </div>
    </aside>
  );
}

function useContact(desk: Desk, id: string | undefined): [Loaded, () => void] {
  const [loaded, setLoaded] = useState<Loaded>({ phase: 'loading' });
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (!id) return;
    const aborter = new AbortController();
    desk.api.get<ContactAnswer>(`api/v1/contacts/${id}`, { signal: aborter.signal }).then(
      (answer) => setLoaded({ phase: 'ready', answer }),
      (error: unknown) => !aborter.signal.aborted && setLoaded({ phase: 'failed', why: reason(error) }),
    );
    return () => aborter.abort();
  }, [id, round]);
  return [loaded, () => setRound(round + 1)];
}

/** What who may not see contacts sees of one whose conversation he has: his name, and all that is the conversation's. */
function NameAlone({ desk, conv }: { desk: Desk; conv: string }) {
  const w = t();
  const contact = desk.lists.heads.value.get(conv)?.contact;
  if (!contact) return null;
  return (
    <>
      <section class="sec">
        <div class="who-row">
          <Avatar id={contact.id} name={contact.name} size="l" presence={desk.people.online.value.contacts.has(contact.id) ? 'online' : 'offline'} />
          <div class="grow">
            <h2 class="cut">{contact.name || w.visitor(contact.number)}</h2>
            <div class="small t3">{w.contactHidden}</div>
          </div>
        </div>
      </section>
      <WhyLine desk={desk} conv={conv} />
      <Labels desk={desk} conv={conv} />
      <Linked desk={desk} conv={conv} />
      <TicketsOf desk={desk} contact={contact.id} />
      <Lookers desk={desk} />
    </>
  );
}

function Details({ desk, conv, answer, onChange }: { desk: Desk; conv: string; answer: ContactAnswer; onChange: () => void }) {
  const contact = desk.lists.heads.value.get(conv)?.contact ?? answer.contact;
  const online = desk.people.online.value.contacts.has(contact.id);
  const live = desk.people.viewed.value.filter(({ contact_id: id }) => id === contact.id);
  return (
    <>
      <Who desk={desk} contact={contact} online={online} answer={answer} onChange={onChange} />
      <WhyLine desk={desk} conv={conv} />
      <Labels desk={desk} conv={conv} />
      <Linked desk={desk} conv={conv} />
      <LaterRecords desk={desk} contact={contact.id} conv={conv} />
      <TicketsOf desk={desk} contact={contact.id} />
      <Trail desk={desk} live={live} visits={answer.visits} online={online} />
      <Ratings ratings={answer.ratings} now={desk.now.value} />
      <Events events={answer.events} now={desk.now.value} />
      <Earlier
        desk={desk}
        conversations={answer.conversations.filter(({ id }) => id !== conv)}
        name={contact.name || t().visitor(contact.number)}
      />
      <Lookers desk={desk} />
      <Blocked desk={desk} contact={contact} block={answer.block} onChange={onChange} />
    </>
  );
}

interface WhoProps {
  desk: Desk;
  contact: Person;
  online: boolean;
  answer: ContactAnswer;
  onChange: () => void;
}

function Who({ desk, contact, online, answer, onChange }: WhoProps) {
  const w = t();
  const name = contact.name || w.visitor(contact.number);
  return (
    <section class="sec">
      <div class="who-row">
        <Avatar id={contact.id} name={contact.name} size="l" presence={online ? 'online' : 'offline'} />
        <div class="grow">
          <h2 class="cut" title={name}>
            {name}
          </h2>
          <div class="small t3">{w.firstSeen(dayLabel(contact.created_at, desk.now.value, language.value))}</div>
        </div>
      </div>
      <Belongs desk={desk} contact={contact} organisation={answer.organisation} suggested={answer.suggested} onChange={onChange} />
      <FactList desk={desk} contact={contact} />
      <Verified contact={contact} />
      <Claimed contact={contact} />
    </section>
  );
}

function Trail({
  desk,
  live,
  visits,
  online,
}: {
  desk: Desk;
  live: readonly Viewed[];
  visits: readonly Page[];
  online: boolean;
}) {
  const w = t();
  const pages = trail(live, visits);
  return (
    <Section title={online ? w.browsing : w.pages} note={<Fresh desk={desk} />} empty={pages.length === 0 ? w.noPages : null}>
      <ul class="trail">
        {pages.map(({ url, title, at }, index) => (
          <li key={`${at}${url}`} class={online && index === 0 ? 'here' : ''}>
            <span class="cut" title={url}>
              {title || url}
            </span>
            <span class="small t3 num" title={fullTime(at, language.value)}>
              {online && index === 0 ? w.now : shortTime(at, desk.now.value)}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Earlier({ desk, conversations, name }: { desk: Desk; conversations: readonly Conversation[]; name: string }) {
  const w = t();
  const [read, setRead] = useState<Conversation | null>(null);
  const open = (conversation: Conversation) => (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    setRead(conversation);
  };
  return (
    <Section title={w.earlier} count={conversations.length} empty={conversations.length === 0 ? w.noEarlier : null}>
      <ul>
        {conversations.map((conversation) => {
          const { id, last_text: text, last_at: at, assignee_id: assignee, status } = conversation;
          return (
          <li key={id}>
            <a class="past" href={desk.hrefOf(`c/${id}`)} aria-haspopup="dialog" onClick={open(conversation)}>
              <span class="cut grow">{text || w.photo}</span>
              {status !== 'resolved' && status !== 'closed' && <Badge tone="info">{w.status[status]}</Badge>}
              <span class="small t3">
                {[assignee && desk.nameOf(assignee), shortTime(at, desk.now.value)].filter(Boolean).join(' · ')}
              </span>
            </a>
          </li>
          );
        })}
      </ul>
      {read && (
        <LaterDialog key={read.id} load={() => loadEarlier({ desk, conversation: read, name, onClose: () => setRead(null) })} onFailed={() => setRead(null)} />
      )}
    </Section>
  );
}

function Section({
  title,
  count,
  note,
  empty,
  children,
}: {
  title: string;
  count?: number;
  note?: ComponentChildren;
  empty: string | null;
  children: ComponentChildren;
}) {
  return (
    <section class="sec">
      <h3>
        {title}
        {count ? <span class="t3 num">{count}</span> : null}
        {note}
      </h3>
      {empty ? <p class="small t3">{empty}</p> : children}
    </section>
  );
}
