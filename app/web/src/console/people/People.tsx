import { useEffect, useRef, useState } from 'preact/hooks';
import type { Contact } from '../../kit/frames';
import { Avatar } from '../../kit/ui/Avatar';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty, Failure } from '../../kit/ui/Empty';
import { TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { Checkbox } from '../../kit/ui/Toggle';
import { type Desk, useDesk } from '../state/desk';
import { follow } from '../state/router';
import { reason } from '../state/session';
import { shortTime } from '../times';
import { t as shared } from '../words';
import { PeopleTabs } from './PeopleTabs';
import { Person } from './Person';
import { t } from './words';
import './People.css';

const PAUSE_MS = 250;
const ROWS = 50;

interface Page {
  readonly contacts: readonly Contact[];
  readonly next: string | null;
  readonly organisations: Readonly<Record<string, string>>;
}

/** Everybody whom the desk knows: found, narrowed, opened, merged. */
export function People() {
  const desk = useDesk();
  const route = desk.router.route.value;
  const id = route.page === 'contacts' ? route.contact : null;
  return (
    <main class="sheet people" id="pane" tabIndex={-1}>
      <div class="scroll">
        <div class="people-body">{id === null ? <List desk={desk} /> : <Person key={id} id={id} />}</div>
      </div>
    </main>
  );
}

function List({ desk }: { desk: Desk }) {
  const w = t();
  const [words, setWords] = useState('');
  const [verified, setVerified] = useState(false);
  const { page, why, more, load } = usePage(desk, words, verified);
  return (
    <>
      <h1>{w.title}</h1>
      <PeopleTabs desk={desk} chosen="contacts" />
      <div class="people-filters">
        <TextField label={w.find} value={words} maxLength={200} onInput={setWords} />
        <Checkbox on={verified} onChange={setVerified}>
          {w.verifiedOnly}
        </Checkbox>
      </div>
      <Card>
        {why !== '' ? (
          <Failure
            title={shared().loadFailed}
            reason={why}
            retry={
              <Button size="s" icon="refresh" onPress={load}>
                {shared().retry}
              </Button>
            }
          />
        ) : page === null ? (
          <Skeleton label={shared().loading} rows={6} />
        ) : page.contacts.length === 0 ? (
          <Empty icon="users" title={words || verified ? w.noneFit : w.none}>
            {words || verified ? w.noneFitNext : w.noneNext}
          </Empty>
        ) : (
          <Table fold label={w.title} head={[w.name, w.organisation, w.reach, w.seen]}>
            {page.contacts.map((contact) => (
              <Row key={contact.id} desk={desk} contact={contact} organisation={page.organisations[contact.organisation_id ?? ''] ?? ''} />
            ))}
          </Table>
        )}
        {page?.next && (
          <div class="card-foot">
            <Button onPress={more}>{w.more}</Button>
          </div>
        )}
      </Card>
    </>
  );
}

function Row({ desk, contact, organisation }: { desk: Desk; contact: Contact; organisation: string }) {
  const w = t();
  const name = nameOf(contact);
  const path = `contacts/${contact.id}`;
  return (
    <tr>
      <td>
        <a class="row" href={desk.hrefOf(path)} aria-label={w.open(name)} onClick={follow(desk.router, path)}>
          <Avatar id={contact.id} name={contact.name} size="s" />
          <span class="mid">{name}</span>
          {contact.external_id !== '' && <Badge tone="ok">{w.verified}</Badge>}
        </a>
      </td>
      <td class="t2">{organisation}</td>
      <td class="t2">{[contact.email, contact.phone].filter(Boolean).join(' · ')}</td>
      <td class="t2 num">{shortTime(contact.seen_at, desk.now.value)}</td>
    </tr>
  );
}

export function nameOf(contact: Contact): string {
  return contact.name || contact.email || shared().visitor(contact.number);
}

function usePage(desk: Desk, words: string, verified: boolean) {
  const [page, setPage] = useState<Page | null>(null);
  const [why, setWhy] = useState('');
  const turn = useRef(0);
  const ask = (before: string): void => {
    const mine = (turn.current += 1);
    const query = new URLSearchParams({ limit: String(ROWS), ...(words.trim() ? { q: words.trim() } : {}) });
    if (verified) query.set('verified', '1');
    if (before) query.set('before', before);
    desk.api.get<Page>(`api/v1/contacts?${query.toString()}`).then(
      (told) => {
        if (mine !== turn.current) return;
        setWhy('');
        setPage((held) => (before && held ? { ...told, contacts: [...held.contacts, ...told.contacts], organisations: { ...held.organisations, ...told.organisations } } : told));
      },
      (error: unknown) => mine === turn.current && setWhy(reason(error)),
    );
  };
  useEffect(() => {
    const later = setTimeout(() => ask(''), words === '' ? 0 : PAUSE_MS);
    return () => clearTimeout(later);
  }, [words, verified]);
  return { page, why, more: () => ask(page?.next ?? ''), load: () => ask('') };
}
