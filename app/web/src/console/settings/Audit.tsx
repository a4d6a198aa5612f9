import { useEffect, useState } from 'preact/hooks';
import { fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty, Failure } from '../../kit/ui/Empty';
import { SelectField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import { useDesk } from '../state/desk';
import { reason } from '../state/session';
import { sourceName } from '../speakers';
import { t as shared } from '../words';
import { t } from './auditWords';
import { changes } from './auditChanges';

const DAY_MS = 86_400_000;
const PERIODS = [1, 7, 30, 365] as const;

interface Entry {
  readonly number: number;
  readonly at: number;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly actor_name: string;
  readonly session_id: string;
  readonly address: string;
  readonly action: string;
  readonly object_kind: string;
  readonly object_name: string;
  readonly change: string;
  readonly hash: string;
}

interface Page {
  readonly entries: readonly Entry[];
  readonly more: boolean;
  readonly head: { readonly number: number; readonly hash: string };
  readonly actors: readonly { readonly id: string; readonly name: string; readonly kind: string }[];
}

/** Who did what to what, narrowed by who, what and when. */
export function Audit() {
  const desk = useDesk();
  const w = t();
  const [page, setPage] = useState<Page | null>(null);
  const [why, setWhy] = useState('');
  const [asked, setAsked] = useState({ actor: '', noun: '', days: '' });
  const load = (before?: number): void => {
    setWhy('');
    const query = new URLSearchParams();
    if (asked.actor) query.set('actor', asked.actor);
    if (asked.noun) query.set('noun', asked.noun);
    if (asked.days) query.set('since', String(Date.now() - Number(asked.days) * DAY_MS));
    if (before !== undefined) query.set('before', String(before));
    desk.api.get<Page>(`api/v1/audit?${query.toString()}`).then(
      (told) => setPage((held) => (before === undefined || held === null ? told : { ...told, entries: [...held.entries, ...told.entries] })),
      (error: unknown) => setWhy(reason(error)),
    );
  };
  useEffect(load, [asked]);
  const actors = page?.actors ?? [];
  const nouns = Object.entries(w.nouns).map(([value, label]) => ({ value, label }));
  return (
    <>
      <div class="settings-title">
        <h2>{shared().audit}</h2>
      </div>
      <p class="t2">{w.lead}</p>
      <div class="audit-filters">
        <SelectField
          label={w.who}
          value={asked.actor}
          choices={[{ value: '', label: w.anybody }, ...actors.map(({ id, name }) => ({ value: id, label: name || w.visitor }))]}
          onChange={(actor) => setAsked({ ...asked, actor })}
        />
        <SelectField
          label={w.what}
          value={asked.noun}
          choices={[{ value: '', label: w.anything }, ...nouns]}
          onChange={(noun) => setAsked({ ...asked, noun })}
        />
        <SelectField
          label={w.when}
          value={asked.days}
          choices={[{ value: '', label: w.anyTime }, ...PERIODS.map((days) => ({ value: String(days), label: w.days(days) }))]}
          onChange={(days) => setAsked({ ...asked, days })}
        />
      </div>
      <Card>
        {why !== '' ? (
          <Failure
            title={shared().loadFailed}
            reason={why}
            retry={
              <Button size="s" icon="refresh" onPress={() => load()}>
                {shared().retry}
              </Button>
            }
          />
        ) : page === null ? (
          <Skeleton label={shared().loading} rows={6} face={false} />
        ) : page.entries.length === 0 ? (
          <Empty icon="book" title={w.none}>
            {w.noneNext}
          </Empty>
        ) : (
          <ol class="audit" aria-label={shared().audit}>
            {page.entries.map((entry) => (
              <EntryLine key={entry.number} entry={entry} />
            ))}
          </ol>
        )}
        {page?.more && why === '' && (
          <div class="card-foot">
            <Button onPress={() => load(page.entries.at(-1)?.number)}>{w.older}</Button>
          </div>
        )}
      </Card>
      {page !== null && page.head.number > 0 && (
        <p class="small t3">
          {w.chain(page.head.number)} <code class="server-key">{page.head.hash}</code>
          <br />
          {w.chainNote}
        </p>
      )}
    </>
  );
}

function EntryLine({ entry }: { entry: Entry }) {
  const w = t();
  const act = w.acts[entry.action] ?? entry.action;
  const who = entry.actor_name || (entry.actor_kind === 'visitor' ? w.visitor : w.system);
  const what = entry.object_name;
  const facts = changes(entry.change);
  return (
    <li>
      <p>
        <b>{entry.actor_kind === 'system' ? sourceName(entry.actor_name) || w.system : who}</b> {act} {what && entry.action !== 'session.create' && <b>{what}</b>}
      </p>
      {facts.length > 0 && (
        <ul class="audit-facts small">
          {facts.map(({ name, before, after }) => (
            <li key={name}>
              <span class="t3">{w.facts[name] ?? name}</span> {before !== null && <s class="t3">{before || w.empty}</s>} {after !== null && <span>{after || w.empty}</span>}
            </li>
          ))}
        </ul>
      )}
      <details class="small t3">
        <summary aria-label={w.more(act)}>{fullTime(entry.at, language.value)}</summary>
        <dl class="about-facts">
          {(
            [
              [w.number, String(entry.number)],
              [w.action, entry.action],
              [w.address, entry.address],
              [w.session, entry.session_id],
              [w.hash, entry.hash],
            ] as const
          )
            .filter(([, value]) => value !== '')
            .map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd class="server-key">{value}</dd>
              </div>
            ))}
        </dl>
      </details>
    </li>
  );
}
