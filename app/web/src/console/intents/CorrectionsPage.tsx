import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty } from '../../kit/ui/Empty';
import { Table } from '../../kit/ui/Table';
import { fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { follow } from '../state/router';
import { shortTime } from '../times';
import { t as common } from '../words';
import { useBook } from './book';
import { CORRECTIONS, type Correction } from './calls';
import { percent } from './figures';
import { Awaited } from './parts';
import { useBefore } from './pages';
import { t } from './words';

const TONES = { right: 'ok', wrong: 'danger', this: 'info', chosen: 'info' } as const;

/** What colleagues said of the bot's guesses, the newest first; each is at work since it was said. */
export function CorrectionsPage() {
  const book = useBook();
  const { desk } = book;
  const w = t().corrections;
  const { rows, more, why, load } = useBefore<Correction>(desk, CORRECTIONS, 'corrections', book.round.value);
  return (
    <>
      <p class="small t2">{w.lead}</p>
      <Card>
        <Awaited ready={rows !== null} why={why} title={w.failed} retry={() => load()} rows={6}>
          {rows?.length === 0 ? (
            <Empty icon="check" title={w.none}>
              {w.noneNext}
            </Empty>
          ) : (
            <Table fold label={t().pages.corrections} head={[w.text, w.verdict, w.said, w.is, w.who, w.when]}>
              {rows?.map((one) => (
                <tr key={one.id}>
                  <td class="correction-text">
                    {one.conversation_id !== '' ? (
                      <a class="link" href={desk.hrefOf(`c/${one.conversation_id}`)} onClick={follow(desk.router, `c/${one.conversation_id}`)}>
                        {one.text}
                      </a>
                    ) : (
                      one.text
                    )}
                  </td>
                  <td>
                    <Badge tone={TONES[one.verdict]}>{w.verdicts[one.verdict]}</Badge>
                  </td>
                  <td>
                    <span class="only-phone t3">{w.said}</span> {one.said === '' ? <span class="t3">{t().tryIt.nothing}</span> : book.titleOf(one.said)}{' '}
                    {one.said !== '' && <span class="small t3 num">{percent(one.confidence, 0)}</span>}
                  </td>
                  <td>
                    <span class="only-phone t3">{w.is}</span> {one.intent === '' ? <span class="t3">{t().tryIt.none}</span> : book.titleOf(one.intent)}
                  </td>
                  <td>{desk.people.colleagues.value.get(one.agent_id)?.name ?? common().unknownColleague}</td>
                  <td class="num" title={fullTime(one.at, language.value)}>
                    {shortTime(one.at, desk.now.value)}
                  </td>
                </tr>
              ))}
            </Table>
          )}
          {more && (
            <div class="card-foot">
              <Button size="s" onPress={() => load(true)}>
                {t().older}
              </Button>
            </div>
          )}
        </Awaited>
      </Card>
    </>
  );
}
