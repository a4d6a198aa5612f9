import { useEffect, useState } from 'preact/hooks';
import { language } from '../../kit/i18n';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Failure } from '../../kit/ui/Empty';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { useDesk } from '../state/desk';
import { reason } from '../state/session';
import { t as shared } from '../words';
import { t } from './serverWords';

interface Words {
  readonly en: string;
  readonly zh: string;
}

interface Finding {
  readonly id: string;
  readonly state: 'fine' | 'not_asked' | 'warning' | 'wrong';
  readonly title: Words;
  readonly found: Words;
  readonly meaning: Words;
  readonly advice: Words;
  readonly command: string;
}

/** What the doctor finds (`GET /api/v1/health`), the worst first; what is fine is only counted. */
export function Examination() {
  const desk = useDesk();
  const w = t();
  const [findings, setFindings] = useState<readonly Finding[] | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const load = async (): Promise<void> => {
    setFailed(null);
    try {
      setFindings((await desk.api.get<{ findings: readonly Finding[] }>('api/v1/health')).findings);
    } catch (error) {
      setFailed(reason(error));
    }
  };
  useEffect(() => void load(), []);
  const told = findings?.filter(({ state }) => state === 'warning' || state === 'wrong') ?? [];
  const fine = findings?.filter(({ state }) => state === 'fine').length ?? 0;
  return (
    <Card title={w.examined} note={w.examinedNote}>
      {failed !== null && (
        <Failure
          title={shared().loadFailed}
          reason={failed}
          retry={
            <Button size="s" icon="refresh" onPress={() => void load()}>
              {shared().retry}
            </Button>
          }
        />
      )}
      {findings === null && failed === null && <Skeleton label={w.examining} />}
      {told.length > 0 && (
        <Table fold label={w.examined} head={[w.finding, w.state]}>
          {told.map((finding) => (
            <Row key={finding.id} finding={finding} />
          ))}
        </Table>
      )}
      {findings !== null && (
        <div class="card-body">
          <p class="t2">{w.fine(fine)}</p>
        </div>
      )}
    </Card>
  );
}

function Row({ finding: { state, title, found, meaning, advice, command } }: { finding: Finding }) {
  const speaks = language.value;
  return (
    <tr>
      <td class="finding">
        <div class="mid">{title[speaks]}</div>
        <div>{found[speaks]}</div>
        <div class="t2">{meaning[speaks]}</div>
        {advice[speaks] && <div class="t2">{advice[speaks]}</div>}
        {command && <code class="snippet">{command}</code>}
      </td>
      <td>
        <Badge tone={state === 'wrong' ? 'danger' : 'warn'}>{t().findings[state] ?? state}</Badge>
      </td>
    </tr>
  );
}
