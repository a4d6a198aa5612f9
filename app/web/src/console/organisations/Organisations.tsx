import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty, Failure } from '../../kit/ui/Empty';
import { TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { PeopleTabs } from '../people/PeopleTabs';
import '../people/People.css';
import { type Desk, useDesk } from '../state/desk';
import { follow } from '../state/router';
import { reason } from '../state/session';
import { t as shared } from '../words';
import { OrganisationForm } from './Form';
import { OrganisationPage } from './Page';
import type { Organisation } from './model';
import { t } from './words';

const PAUSE_MS = 250;
const ROWS = 50;

interface Listed {
  readonly organisations: readonly { readonly organisation: Organisation; readonly contacts: number }[];
  readonly next: string | null;
}

/** Whom contacts belong to: found, opened, added. */
export function Organisations() {
  const desk = useDesk();
  const route = desk.router.route.value;
  const id = route.page === 'organisations' ? route.organisation : null;
  return (
    <main class="sheet people" id="pane" tabIndex={-1}>
      <div class="scroll">
        <div class="people-body">{id === null ? <List desk={desk} /> : <OrganisationPage key={id} id={id} />}</div>
      </div>
    </main>
  );
}

function List({ desk }: { desk: Desk }) {
  const w = t();
  const [words, setWords] = useState('');
  const [adding, setAdding] = useState(false);
  const { page, why, more, load } = usePage(desk, words);
  const may = desk.may('contacts.manage');
  return (
    <>
      <div class="people-title">
        <h1 class="grow">{w.title}</h1>
        {may && (
          <Button icon="plus" onPress={() => setAdding(true)}>
            {w.add}
          </Button>
        )}
      </div>
      <PeopleTabs desk={desk} chosen="organisations" />
      {adding && (
        <Card title={w.add}>
          <OrganisationForm
            desk={desk}
            organisation={null}
            onSaved={({ id }) => desk.router.go(`organisations/${id}`)}
            onCancel={() => setAdding(false)}
          />
        </Card>
      )}
      <div class="people-filters">
        <TextField label={w.find} value={words} maxLength={200} onInput={setWords} />
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
          <Skeleton label={shared().loading} rows={5} face={false} />
        ) : page.organisations.length === 0 ? (
          <Empty icon="box" title={words ? w.noneFit : w.none}>
            {words ? w.noneFitNext : w.noneNext}
          </Empty>
        ) : (
          <Table fold label={w.title} head={[w.name, w.domains, w.people]}>
            {page.organisations.map(({ organisation: { id, name, domains }, contacts }) => (
              <tr key={id}>
                <td>
                  <a class="row" href={desk.hrefOf(`organisations/${id}`)} aria-label={w.open(name)} onClick={follow(desk.router, `organisations/${id}`)}>
                    <span class="mid">{name}</span>
                  </a>
                </td>
                <td class="t2">{domains.join(' · ')}</td>
                <td class="t2 num">{contacts}</td>
              </tr>
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

function usePage(desk: Desk, words: string) {
  const [page, setPage] = useState<Listed | null>(null);
  const [why, setWhy] = useState('');
  const turn = useRef(0);
  const { round } = desk.organisations.value;
  const ask = (after: string): void => {
    const mine = (turn.current += 1);
    const query = new URLSearchParams({ limit: String(ROWS), ...(words.trim() ? { q: words.trim() } : {}), ...(after ? { after } : {}) });
    desk.api.get<Listed>(`api/v1/organisations?${query.toString()}`).then(
      (told) => {
        if (mine !== turn.current) return;
        setWhy('');
        setPage((held) => (after && held ? { ...told, organisations: [...held.organisations, ...told.organisations] } : told));
      },
      (error: unknown) => mine === turn.current && setWhy(reason(error)),
    );
  };
  useEffect(() => {
    const later = setTimeout(() => ask(''), words === '' ? 0 : PAUSE_MS);
    return () => clearTimeout(later);
  }, [words, round]);
  return { page, why, more: () => ask(page?.next ?? ''), load: () => ask('') };
}
