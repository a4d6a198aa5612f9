import { useEffect, useState } from 'preact/hooks';
import type { Contact, Conversation } from '../../kit/frames';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Dialog } from '../../kit/ui/Dialog';
import { Failure } from '../../kit/ui/Empty';
import { Icon } from '../../kit/ui/Icon';
import { Skeleton } from '../../kit/ui/Skeleton';
import { TicketsOf } from '../contact/TicketsOf';
import '../contact/Contact.css';
import { FieldFacts } from '../fields/FieldFacts';
import { useOwnFields } from '../fields/model';
import { nameOf } from '../people/People';
import { Conversations } from '../people/Person';
import { type Desk, useDesk } from '../state/desk';
import { follow } from '../state/router';
import { reason } from '../state/session';
import { shortTime } from '../times';
import { t as shared } from '../words';
import { OrganisationForm } from './Form';
import type { Organisation } from './model';
import { t } from './words';

const ROWS = 50;

interface Detail {
  readonly organisation: Organisation;
  readonly conversations: readonly Conversation[];
}

/** One organisation whole: what is known of it, its contacts, their conversations and tickets. */
export function OrganisationPage({ id }: { id: string }) {
  const desk = useDesk();
  const w = t();
  const own = useOwnFields(desk, 'organisation');
  const [detail, setDetail] = useState<Detail | null>(null);
  const [why, setWhy] = useState('');
  const [open, setOpen] = useState<'form' | 'remove' | null>(null);
  const { round } = desk.organisations.value;
  const load = (): void => {
    setWhy('');
    desk.api.get<Detail>(`api/v1/organisations/${id}`).then(setDetail, (error: unknown) => setWhy(reason(error)));
  };
  useEffect(load, [id, round]);
  const may = desk.may('contacts.manage');
  const took = (organisation: Organisation): void => setDetail((held) => held && { ...held, organisation });
  const set = async (key: string, value: string): Promise<void> => {
    const answer = await desk.api.patch<{ organisation: Organisation }>(`api/v1/organisations/${id}`, { attributes: { [key]: value } });
    took(answer.organisation);
  };
  return (
    <>
      <a class="row" href={desk.hrefOf('organisations')} onClick={follow(desk.router, 'organisations')}>
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
      {detail === null && why === '' && <Skeleton label={shared().loading} rows={5} face={false} />}
      {detail && why === '' && (
        <>
          <div class="people-title">
            <h1 class="grow">{detail.organisation.name}</h1>
            {may && (
              <>
                <Button icon="pen" onPress={() => setOpen('form')}>
                  {w.edit}
                </Button>
                <Button icon="x" kind="harm" onPress={() => setOpen('remove')}>
                  {w.remove}
                </Button>
              </>
            )}
          </div>
          {open === 'form' ? (
            <Card title={w.edit}>
              <OrganisationForm
                desk={desk}
                organisation={detail.organisation}
                onSaved={(organisation) => {
                  took(organisation);
                  setOpen(null);
                }}
                onCancel={() => setOpen(null)}
              />
            </Card>
          ) : (
            <Card>
              <section class="sec">
                <Known organisation={detail.organisation} />
                <FieldFacts fields={own} values={detail.organisation.attributes} may={may} save={set} />
              </section>
              <Members desk={desk} id={id} round={round} />
              <Conversations desk={desk} conversations={detail.conversations} />
              <TicketsOf desk={desk} organisation={id} />
            </Card>
          )}
          {open === 'remove' && <Removal desk={desk} organisation={detail.organisation} onClose={() => setOpen(null)} />}
        </>
      )}
    </>
  );
}

function Known({ organisation: { domains, external_id: externalId, note } }: { organisation: Organisation }) {
  const w = t();
  const told: readonly (readonly [string, string])[] = [
    [w.domains, domains.join(' · ')],
    [w.externalId, externalId],
    [w.note, note],
  ];
  return (
    <dl class="facts">
      {told.map(
        ([name, value]) =>
          value && (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="own-lines">{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** Who belongs to it, the last seen first. */
function Members({ desk, id, round }: { desk: Desk; id: string; round: number }) {
  const w = t();
  const [page, setPage] = useState<{ contacts: readonly Contact[]; next: string | null } | null>(null);
  const ask = (before: string): void => {
    const query = new URLSearchParams({ organisation: id, limit: String(ROWS), ...(before ? { before } : {}) });
    desk.api.get<{ contacts: readonly Contact[]; next: string | null }>(`api/v1/contacts?${query.toString()}`).then(
      (told) => setPage((held) => (before && held ? { ...told, contacts: [...held.contacts, ...told.contacts] } : told)),
      (error: unknown) => desk.say(reason(error)),
    );
  };
  useEffect(() => ask(''), [id, round]);
  return (
    <section class="sec">
      <h3>{w.people}</h3>
      {page === null && <Skeleton label={shared().loading} rows={3} />}
      {page?.contacts.length === 0 && <p class="t3">{w.noPeople}</p>}
      <ul class="people-conversations">
        {page?.contacts.map((contact) => (
          <li key={contact.id}>
            <a class="row" href={desk.hrefOf(`contacts/${contact.id}`)} onClick={follow(desk.router, `contacts/${contact.id}`)}>
              <span class="grow cut">
                {nameOf(contact)} <span class="small t3">{contact.name ? contact.email : ''}</span>
              </span>
              <span class="small t3 num">{shortTime(contact.seen_at, desk.now.value)}</span>
            </a>
          </li>
        ))}
      </ul>
      {page?.next && <Button onPress={() => ask(page.next ?? '')}>{w.more}</Button>}
    </section>
  );
}

function Removal({ desk, organisation, onClose }: { desk: Desk; organisation: Organisation; onClose: () => void }) {
  const w = t();
  const [why, setWhy] = useState('');
  const remove = async (): Promise<void> => {
    try {
      await desk.api.delete(`api/v1/organisations/${organisation.id}`);
      desk.say(w.removed(organisation.name));
      desk.router.go('organisations');
    } catch (error) {
      setWhy(reason(error));
    }
  };
  return (
    <Dialog
      title={w.removeTitle(organisation.name)}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{shared().cancel}</Button>
          <Button kind="harm" onPress={() => void remove()}>
            {w.remove}
          </Button>
        </>
      }
    >
      <p class="body">{w.removeWhat}</p>
      {why !== '' && (
        <p class="hint bad" role="alert">
          {why}
        </p>
      )}
    </Dialog>
  );
}
