import { useEffect, useState } from 'preact/hooks';
import type { Contact, Conversation } from '../../kit/frames';
import { Avatar } from '../../kit/ui/Avatar';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Dialog } from '../../kit/ui/Dialog';
import { Failure } from '../../kit/ui/Empty';
import { TextField } from '../../kit/ui/Field';
import { Icon } from '../../kit/ui/Icon';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Belongs } from '../contact/Belongs';
import type { Organisation } from '../organisations/model';
import { Claimed, Events, Ratings, Verified, type Rating, type VisitorEvent } from '../contact/About';
import { FactList } from '../contact/FactList';
import { LaterRecords } from '../contact/LaterRecords';
import { TicketsOf } from '../contact/TicketsOf';
import '../contact/Contact.css';
import { type Desk, useDesk } from '../state/desk';
import { follow } from '../state/router';
import { reason } from '../state/session';
import { shortTime } from '../times';
import { t as shared } from '../words';
import { nameOf } from './People';
import { t } from './words';

const PAUSE_MS = 250;
const HITS = 8;

interface Detail {
  readonly contact: Contact;
  readonly conversations: readonly Conversation[];
  readonly events: readonly VisitorEvent[];
  readonly ratings: readonly Rating[];
  readonly organisation: Organisation | null;
  readonly suggested: Organisation | null;
  readonly merged: readonly { readonly contact: Contact; readonly at: number }[];
}

/** One contact whole: his facts, conversations, tickets; merged into another, and taken apart again. */
export function Person({ id }: { id: string }) {
  const desk = useDesk();
  const w = t();
  const [detail, setDetail] = useState<Detail | null>(null);
  const [why, setWhy] = useState('');
  const [merging, setMerging] = useState(false);
  const load = (): void => {
    setWhy('');
    desk.api.get<Detail>(`api/v1/contacts/${id}`).then(setDetail, (error: unknown) => setWhy(reason(error)));
  };
  useEffect(load, [id]);
  const takeApart = async (contact: string): Promise<void> => {
    try {
      await desk.api.post(`api/v1/contacts/${contact}/unmerge`);
      desk.say(w.unmerged);
    } catch (error) {
      desk.say(reason(error));
    }
    load();
  };
  const may = desk.may('contacts.manage');
  return (
    <>
      <a class="row" href={desk.hrefOf('contacts')} onClick={follow(desk.router, 'contacts')}>
        <Icon name="left" size="s" />
        {w.back}
      </a>
      {why !== '' && (
        <Failure
          title={shared().loadFailed}
          reason={why}
          retry={
            <Button size="s" icon="refresh" onPress={load}>
              {shared().retry}
            </Button>
          }
        />
      )}
      {detail === null && why === '' && <Skeleton label={shared().loading} rows={5} />}
      {detail && (
        <>
          <div class="people-title">
            <Avatar id={detail.contact.id} name={detail.contact.name} size="l" />
            <h1 class="grow">{nameOf(detail.contact)}</h1>
            {may && detail.contact.merged_into === null && (
              <Button icon="merge" onPress={() => setMerging(true)}>
                {w.merge}
              </Button>
            )}
          </div>
          {detail.contact.merged_into !== null && (
            <Banner icon="merge">
              {w.goesOn}{' '}
              <a
                href={desk.hrefOf(`contacts/${detail.contact.merged_into}`)}
                onClick={follow(desk.router, `contacts/${detail.contact.merged_into}`)}
              >
                {w.toOther}
              </a>{' '}
              {may && (
                <Button size="s" onPress={() => void takeApart(detail.contact.id)}>
                  {w.unmerge}
                </Button>
              )}
            </Banner>
          )}
          {detail.merged.map(({ contact }) => (
            <Banner key={contact.id} icon="merge">
              {w.cameIn(nameOf(contact))}{' '}
              <Button size="s" onPress={() => void takeApart(contact.id)}>
                {w.unmerge}
              </Button>
            </Banner>
          ))}
          <Card>
            <section class="sec">
              <Belongs desk={desk} contact={detail.contact} organisation={detail.organisation} suggested={detail.suggested} onChange={load} />
              <FactList desk={desk} contact={detail.contact} />
              <Verified contact={detail.contact} />
              <Claimed contact={detail.contact} />
            </section>
            <Conversations desk={desk} conversations={detail.conversations} />
            <LaterRecords desk={desk} contact={detail.contact.id} />
            <TicketsOf desk={desk} contact={detail.contact.id} />
            <Ratings ratings={detail.ratings} now={desk.now.value} />
            <Events events={detail.events} now={desk.now.value} />
          </Card>
          {merging && <Merging desk={desk} contact={detail.contact} onClose={() => setMerging(false)} />}
        </>
      )}
    </>
  );
}

export function Conversations({ desk, conversations }: { desk: Desk; conversations: readonly Conversation[] }) {
  const w = t();
  return (
    <section class="sec">
      <h3>{w.conversations}</h3>
      {conversations.length === 0 && <p class="t3">{w.noConversations}</p>}
      <ul class="people-conversations">
        {conversations.map((head) => (
          <li key={head.id}>
            <a class="row" href={desk.hrefOf(`c/${head.id}`)} onClick={follow(desk.router, `c/${head.id}`)}>
              <span class="grow cut">{head.last_text || shared().status[head.status]}</span>
              <span class="small t3">{shared().status[head.status]}</span>
              <span class="small t3 num">{shortTime(head.updated_at, desk.now.value)}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Which contact goes on, found by words. */
function Merging({ desk, contact, onClose }: { desk: Desk; contact: Contact; onClose: () => void }) {
  const w = t();
  const [words, setWords] = useState('');
  const [found, setFound] = useState<readonly Contact[]>([]);
  const [why, setWhy] = useState('');
  useEffect(() => {
    if (words.trim() === '') return setFound([]);
    const aborter = new AbortController();
    const later = setTimeout(() => {
      const query = new URLSearchParams({ q: words.trim(), limit: String(HITS) });
      desk.api.get<{ contacts: readonly Contact[] }>(`api/v1/contacts?${query.toString()}`, { signal: aborter.signal }).then(
        ({ contacts }) => setFound(contacts.filter(({ id }) => id !== contact.id)),
        (error: unknown) => !aborter.signal.aborted && setWhy(reason(error)),
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(later);
      aborter.abort();
    };
  }, [words]);
  const merge = async (other: Contact): Promise<void> => {
    try {
      await desk.api.post(`api/v1/contacts/${contact.id}/merge`, { into: other.id });
      desk.say(w.merged(nameOf(contact), nameOf(other)));
      onClose();
      desk.router.go(`contacts/${other.id}`);
    } catch (error) {
      setWhy(reason(error));
    }
  };
  return (
    <Dialog title={w.mergeTitle(nameOf(contact))} onClose={onClose} actions={<Button onPress={onClose}>{shared().cancel}</Button>}>
      <p class="body">{w.mergeWhat}</p>
      <TextField label={w.mergeFind} focus maxLength={200} value={words} onInput={setWords} />
      <ul class="people-conversations">
        {found.map((other) => (
          <li key={other.id} class="row">
            <Avatar id={other.id} name={other.name} size="s" />
            <span class="grow cut">
              {nameOf(other)} <span class="small t3">{other.email}</span>
            </span>
            <Button size="s" label={w.mergeInto(nameOf(other))} onPress={() => void merge(other)}>
              {w.here}
            </Button>
          </li>
        ))}
      </ul>
      {why !== '' && (
        <p class="hint bad" role="alert">
          {why}
        </p>
      )}
    </Dialog>
  );
}
