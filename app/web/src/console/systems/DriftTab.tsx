import { fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { Badge } from '../../kit/ui/Badge';
import { Card } from '../../kit/ui/Card';
import { Empty } from '../../kit/ui/Empty';
import { Table } from '../../kit/ui/Table';
import { useDesk } from '../state/desk';
import { shortTime } from '../times';
import type { SourceDetail } from './model';
import { figure } from './said';
import { t } from './words';

/** What came that its spec does not know. */
export function DriftTab({ detail }: { detail: SourceDetail }) {
  const desk = useDesk();
  const w = t();
  return (
    <Card>
      {detail.drift.length === 0 ? (
        <Empty icon="check" title={w.noDrift}>
          {w.noDriftNext}
        </Empty>
      ) : (
        <>
          <Table fold label={w.tabs.drift} head={[w.path, w.what, w.example, w.times, w.last]}>
            {detail.drift.map(({ path, kind, example, count, last }) => (
              <tr key={`${kind} ${path} ${example}`}>
                <td class="mono drift-path">{path}</td>
                <td>
                  <Badge tone={kind === 'field' ? 'info' : 'warn'}>{w.kinds[kind]}</Badge>
                </td>
                <td class="mono">{example}</td>
                <td class="num">
                  <span class="only-phone t3">{w.times}</span> {figure(count)}
                </td>
                <td class="num small t3" title={fullTime(last, language.value)}>
                  {shortTime(last, desk.now.value)}
                </td>
              </tr>
            ))}
          </Table>
          <p class="card-foot small t3">{w.noDriftNext}</p>
        </>
      )}
    </Card>
  );
}
