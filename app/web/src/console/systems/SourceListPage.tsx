import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty, Failure } from '../../kit/ui/Empty';
import { Icon } from '../../kit/ui/Icon';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Source as Glyph } from '../../kit/ui/Source';
import { Table } from '../../kit/ui/Table';
import { fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { type Desk, useDesk } from '../state/desk';
import { follow } from '../state/router';
import { t as common } from '../words';
import { ADD } from './Sources';
import { type Source, type SourceList, type WrongFile, byHealth } from './model';
import { usePolled } from './polled';
import { duration, figure, said, toneOf } from './said';
import { t } from './words';

/** Every data source with how it is, and files that are wrong. */
export function SourceListPage() {
  const desk = useDesk();
  const w = t();
  const { answer, why, again } = usePolled<SourceList>(desk, 'api/v1/sources');
  const add = (
    <Button icon="plus" kind="prime" onPress={() => desk.router.go(`settings/sources/${ADD}`)}>
      {w.add}
    </Button>
  );
  return (
    <>
      <div class="settings-title">
        <h2>{common().sources}</h2>
        <span class="end">{add}</span>
      </div>
      <p class="t2">{w.lead}</p>
      {why !== '' && (
        <Card>
          <Failure
            title={w.failed}
            reason={why}
            retry={
              <Button size="s" icon="refresh" onPress={again}>
                {common().retry}
              </Button>
            }
          />
        </Card>
      )}
      {answer !== null && answer.wrong.length > 0 && <Wrong files={answer.wrong} />}
      {answer === null && why === '' && (
        <Card>
          <Skeleton label={common().loading} rows={4} />
        </Card>
      )}
      {answer !== null && answer.sources.length === 0 && (
        <Card>
          <Empty icon="plug" title={w.none}>
            {w.noneNext}
          </Empty>
        </Card>
      )}
      {answer !== null &&
        byHealth(answer.sources).map(([health, sources]) => (
          <Card key={health} title={w.health[health]} note={<span class="num">{sources.length}</span>}>
            <div class="sources-table">
              <Table fold label={w.health[health]} head={[w.source, w.state, w.letters, w.rate, w.lag]}>
                {sources.map((source) => (
                  <Row key={source.name} desk={desk} source={source} />
                ))}
              </Table>
            </div>
          </Card>
        ))}
    </>
  );
}

function Row({ desk, source }: { desk: Desk; source: Source }) {
  const w = t();
  const path = `settings/sources/${source.name}`;
  return (
    <tr>
      <td>
        <span class="row">
          <span aria-hidden="true">
            <Glyph id={source.system} name={said(source.title)} />
          </span>
          <span class="col grow">
            <a class="link mid cut" href={desk.hrefOf(path)} onClick={follow(desk.router, path)}>
              {said(source.title)}
            </a>
            <span class="small t3">
              {[source.name, w.origins[source.origin], w.to[source.to] ?? source.to].join(' · ')}
            </span>
          </span>
        </span>
      </td>
      <td class="own-line source-state">
        <Badge tone={toneOf(source)}>{w.states[source.state]}</Badge>
        {source.code !== '' && <span class={source.state === 'down' ? 'small tone-danger' : 'small tone-warn'}>{said(source)}</span>}
      </td>
      <td class={source.letters > 0 ? 'num tone-danger' : 'num t3 not-phone'}>{source.letters > 0 ? w.lettersOf(source.letters) : 0}</td>
      <td class="num source-rate">
        <span class="only-phone t3">{w.rate}</span> {figure(source.rate_per_minute)}
      </td>
      <td class="num" title={source.read_until > 0 ? fullTime(source.read_until, language.value) : undefined}>
        {duration(source.lag_seconds)}
      </td>
    </tr>
  );
}

function Wrong({ files }: { files: readonly WrongFile[] }) {
  const w = t();
  return (
    <section class="card wrong-files" role="status" aria-label={w.wrong(files.length)}>
      <header class="card-head">
        <Icon name="warn" tone="warn" />
        <h2>{w.wrong(files.length)}</h2>
      </header>
      <ul class="mistakes">
        {files.map((file, index) => (
          <li key={index}>
            <div class="mono">{w.place(file.file, file.line, file.column)}</div>
            <div>{said(file)}</div>
          </li>
        ))}
      </ul>
      <p class="card-foot small t3">{w.wrongNext}</p>
    </section>
  );
}
