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
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import { follow } from '../state/router';
import { reason } from '../state/session';
import { shortTime } from '../times';
import { t } from '../words';
import './Contact.css';
import { ContactForm } from './ContactForm';
import { type Page, trail } from './trail';

interface ContactAnswer {
  readonly contact: Person;
  readonly conversations: readonly Conversation[];
  readonly visits: readonly Page[];
  readonly online: boolean;
}

type Loaded = { phase: 'loading' } | { phase: 'failed'; why: string } | { phase: 'ready'; answer: ContactAnswer };

/** The right pane: who the customer is, where he looks, what was before. */
export function Contact({ conv, onClose }: { conv: string; onClose: () => void }) {
  const desk = useDesk();
  const w = t();
  const id = desk.lists.heads.value.get(conv)?.conversation.contact_id;
  const [loaded, load] = useContact(desk, id);
  return (
    <aside class="side" aria-label={w.contact}>
      <div class="only-narrow side-close">
        <Button kind="ghost" icon="x" label={w.closePane} onPress={onClose} />
      </div>
      <div class="scroll">
        {loaded.phase === 'loading' && <Skeleton label={w.loadingContact} rows={4} />}
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
        {loaded.phase === 'ready' && <Details desk={desk} conv={conv} answer={loaded.answer} />}
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

function Details({ desk, conv, answer }: { desk: Desk; conv: string; answer: ContactAnswer }) {
  const contact = desk.lists.heads.value.get(conv)?.contact ?? answer.contact;
  const online = desk.people.online.value.contacts.has(contact.id);
  const live = desk.people.viewed.value.filter(({ contact_id: id }) => id === contact.id);
  return (
    <>
      <Who desk={desk} contact={contact} online={online} />
      <Trail desk={desk} live={live} visits={answer.visits} online={online} />
      <Earlier desk={desk} conversations={answer.conversations.filter(({ id }) => id !== conv)} />
    </>
  );
}

function Who({ desk, contact, online }: { desk: Desk; contact: Person; online: boolean }) {
  const w = t();
  const [editing, setEditing] = useState(false);
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
        {desk.may('contacts.write') && !editing && (
          <Button kind="ghost" size="s" icon="pen" label={w.editContact} onPress={() => setEditing(true)} />
        )}
      </div>
      {editing ? (
        <ContactForm desk={desk} contact={contact} onClose={() => setEditing(false)} />
      ) : (
        <Facts contact={contact} />
      )}
    </section>
  );
}

function Facts({ contact }: { contact: Person }) {
  const w = t();
  const known: readonly (readonly [string, string])[] = [
    [w.number, String(contact.number)],
    [w.email, contact.email],
    [w.phone, contact.phone],
    [w.language, spoken(contact.language)],
    [w.browser, contact.browser],
    [w.address, contact.address],
    ...Object.entries(contact.attributes),
  ];
  return (
    <dl class="facts">
      {known
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <div key={name}>
            <dt class="cut" title={name}>
              {name}
            </dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

function spoken(tag: string): string {
  try {
    return tag ? (new Intl.DisplayNames([language.value], { type: 'language' }).of(tag) ?? tag) : '';
  } catch {
    return tag;
  }
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
    <Section title={online ? w.browsing : w.pages} empty={pages.length === 0 ? w.noPages : null}>
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

function Earlier({ desk, conversations }: { desk: Desk; conversations: readonly Conversation[] }) {
  const w = t();
  return (
    <Section title={w.earlier} count={conversations.length} empty={conversations.length === 0 ? w.noEarlier : null}>
      <ul>
        {conversations.map(({ id, last_text: text, last_at: at, assignee_id: assignee, status }) => (
          <li key={id}>
            <a class="past" href={desk.hrefOf(`c/${id}`)} onClick={follow(desk.router, `c/${id}`)}>
              <span class="cut grow">{text || w.photo}</span>
              {status !== 'resolved' && status !== 'closed' && <Badge tone="info">{w.status[status]}</Badge>}
              <span class="small t3">
                {[assignee && desk.nameOf(assignee), shortTime(at, desk.now.value)].filter(Boolean).join(' · ')}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Section({
  title,
  count,
  empty,
  children,
}: {
  title: string;
  count?: number;
  empty: string | null;
  children: ComponentChildren;
}) {
  return (
    <section class="sec">
      <h3>
        {title}
        {count ? <span class="t3 num">{count}</span> : null}
      </h3>
      {empty ? <p class="small t3">{empty}</p> : children}
    </section>
  );
}
