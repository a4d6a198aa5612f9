import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty } from '../../kit/ui/Empty';
import { fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { changes } from '../settings/auditChanges';
import { reason } from '../state/session';
import { shortTime } from '../times';
import { useBook } from './book';
import type { AuditEntry, AuditPage } from './calls';
import { Awaited } from './parts';
import { t } from './words';

const ROWS = 200;

/** Who changed it, when and what: the audit log's lines about it. */
export function HistoryTab({ name }: { name: string }) {
  const { desk } = useBook();
  const w = t();
  const may = desk.may('audit.read');
  const [held, setHeld] = useState<AuditPage | null>(null);
  const [why, setWhy] = useState('');
  const load = (further = false): void => {
    const before = further ? held?.entries.at(-1)?.number : undefined;
    const query = new URLSearchParams({ noun: 'intent', limit: String(ROWS), ...(before === undefined ? {} : { before: String(before) }) });
    setWhy('');
    desk.api.get<AuditPage>(`api/v1/audit?${query}`).then(
      (page) => setHeld(further && held ? { ...page, entries: [...held.entries, ...page.entries] } : page),
      (error: unknown) => setWhy(reason(error)),
    );
  };
  useEffect(() => {
    if (may) load();
  }, [name]);
  if (!may)
    return (
      <Card title={w.tabs.history}>
        <Empty icon="lock" title={w.historyNotYours}>
          {w.historyNotYoursNext}
        </Empty>
      </Card>
    );
  const rows = held?.entries.filter((entry) => entry.object_name === name) ?? [];
  return (
    <Card title={w.tabs.history}>
      <Awaited ready={held !== null} why={why} title={w.historyFailed} retry={() => load()} rows={4}>
        {rows.length === 0 ? (
          <Empty icon="clock" title={w.noHistory}>
            {w.noHistoryNext}
          </Empty>
        ) : (
          <ol class="intent-history" aria-label={w.tabs.history}>
            {rows.map((entry) => (
              <Line key={entry.number} entry={entry} />
            ))}
          </ol>
        )}
        {held?.more && (
          <div class="card-foot">
            <Button size="s" onPress={() => load(true)}>
              {w.older}
            </Button>
          </div>
        )}
      </Awaited>
    </Card>
  );
}

function Line({ entry }: { entry: AuditEntry }) {
  const { desk } = useBook();
  const w = t();
  const parts = changes(entry.change).map(({ name, after }) => (name === 'added' ? w.historyAdded(Number(after)) : name === 'removed' ? w.historyRemoved(Number(after)) : (w.partNames[name] ?? name)));
  return (
    <li>
      <span class="grow">
        <span class="mid">{entry.actor_name || w.system}</span> {w.acts[entry.action] ?? entry.action}
        {parts.length > 0 && <span class="small t3"> {parts.join(language.value === 'zh' ? '、' : ', ')}</span>}
      </span>
      <time class="small t3 num" title={fullTime(entry.at, language.value)}>
        {shortTime(entry.at, desk.now.value)}
      </time>
    </li>
  );
}
