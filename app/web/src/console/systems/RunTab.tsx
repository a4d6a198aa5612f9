import { fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty, Failure } from '../../kit/ui/Empty';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { useDesk } from '../state/desk';
import { shortTime } from '../times';
import { t as common } from '../words';
import type { Run, SourceDetail } from './model';
import { usePages } from './pages';
import { duration, figure, said } from './said';
import { t } from './words';

/** Its readings, the newest first. */
export function RunTab({ detail }: { detail: SourceDetail }) {
  const desk = useDesk();
  const w = t();
  const { rows, more, why, load } = usePages<Run>(desk, `api/v1/sources/${detail.name}/runs`, 'runs', detail.held_at);
  if (why !== '' && rows === null)
    return (
      <Card>
        <Failure
          title={w.runsFailed}
          reason={why}
          retry={
            <Button size="s" icon="refresh" onPress={() => load()}>
              {common().retry}
            </Button>
          }
        />
      </Card>
    );
  return (
    <Card>
      {rows === null ? (
        <Skeleton label={common().loading} rows={4} face={false} />
      ) : rows.length === 0 ? (
        <Empty icon="clock" title={w.noRuns}>
          {w.noRunsNext}
        </Empty>
      ) : (
        <Table fold label={w.tabs.runs} head={[w.when, w.facts.fetched, w.facts.stored, w.facts.skipped, w.facts.failed, w.ended, w.took]}>
          {rows.map((run) => (
            <tr key={run.id}>
              <td class="num keep" title={fullTime(run.began_at, language.value)}>
                {shortTime(run.began_at, desk.now.value)}
              </td>
              <Count name={w.facts.fetched} value={run.counts.fetched} />
              <Count name={w.facts.stored} value={run.counts.stored} />
              <Count name={w.facts.skipped} value={run.counts.skipped} />
              <Count name={w.facts.failed} value={run.counts.failed} bad={run.counts.failed > 0} />
              <td class="own-line small">{run.code === '' ? '' : <span class="tone-warn">{said(run)}</span>}</td>
              <td class="num keep">
                {run.ended_at === null ? <Badge tone="info">{w.goesOn}</Badge> : duration((run.ended_at - run.began_at) / 1_000)}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {more && (
        <div class="card-foot">
          <Button onPress={() => load(true)}>{w.older}</Button>
          {why !== '' && <span class="small tone-danger">{why}</span>}
        </div>
      )}
    </Card>
  );
}

function Count({ name, value, bad = false }: { name: string; value: number; bad?: boolean }) {
  return (
    <td class={bad ? 'num tone-danger' : 'num'}>
      <span class="only-phone t3">{name}</span> {figure(value)}
    </td>
  );
}
