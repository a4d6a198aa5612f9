import { useEffect, useState } from 'preact/hooks';
import { Badge } from '../../kit/ui/Badge';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty } from '../../kit/ui/Empty';
import { Progress } from '../../kit/ui/Progress';
import { reason } from '../state/session';
import { type Polled, usePolled } from '../systems/polled';
import { Confusion } from './Confusion';
import { Curve, GOAL } from './Curve';
import { Versions } from './Versions';
import { useBook } from './book';
import { EVALUATION, type Evaluation, STATISTICS, type Statistics, TRAINING, type Training, type Week, setThreshold, trainNow } from './calls';
import { at, count, lasted, percent } from './figures';
import { TIERS } from './model';
import { Awaited } from './parts';
import { t } from './words';

const POLL_MS = 30_000;
const TRAINING_MS = 1_500;

/** How well it is recognised, and what a threshold would mean. */
export function QualityPage() {
  const book = useBook();
  const { desk } = book;
  const evaluation = usePolled<Evaluation>(desk, EVALUATION, POLL_MS);
  const statistics = usePolled<Statistics>(desk, STATISTICS, POLL_MS);
  const again = (): void => {
    evaluation.again();
    statistics.again();
  };
  useEffect(() => {
    if (book.round.value > 0) again();
  }, [book.round.value]);
  return (
    <>
      <TrainingLine onDone={book.changed.bind(book)} />
      <div class="intents-columns">
        {evaluation.answer === null ? (
          <Waiting polled={evaluation} />
        ) : (
          <ThresholdCard evaluation={evaluation.answer} perDay={statistics.answer?.per_day ?? 0} onSaved={evaluation.again} />
        )}
        {statistics.answer === null ? <Waiting polled={statistics} /> : <TierCard tiers={statistics.answer.tiers} />}
      </div>
      {evaluation.answer !== null && <Confusion pairs={evaluation.answer.confusions} held={evaluation.answer.held_out} />}
      {statistics.answer !== null && <Drift weeks={statistics.answer.weeks} />}
      <Versions onChanged={again} />
    </>
  );
}

function Waiting({ polled }: { polled: Polled<unknown> }) {
  return (
    <Card>
      <Awaited ready={false} why={polled.why} title={t().quality.failed} retry={polled.again} rows={6}>
        {null}
      </Awaited>
    </Card>
  );
}

/** The version at work, and training with how far it is. */
function TrainingLine({ onDone }: { onDone: () => void }) {
  const book = useBook();
  const { desk } = book;
  const w = t().quality;
  const { answer: training, again } = usePolled<Training>(desk, TRAINING, TRAINING_MS);
  const [why, setWhy] = useState('');
  const [was, setWas] = useState(false);
  const busy = training?.state === 'running';
  useEffect(() => {
    if (was && !busy) onDone();
    setWas(busy);
  }, [busy]);
  const start = async (): Promise<void> => {
    setWhy('');
    try {
      await trainNow(desk);
      again();
    } catch (error) {
      setWhy(reason(error));
    }
  };
  const may = desk.may('intents.manage');
  return (
    <div class="training">
      <div class="grow" role="status">
        {training === null ? null : busy ? (
          <>
            <span class="small t2">{w.training(w.stages[training.stage] ?? training.stage)}</span>
            <Progress done={training.done} label={w.trainingLabel} />
          </>
        ) : (
          <span class="small t2">{training.version > 0 ? w.atWork(training.version, lasted(training.seconds * 1e6)) : w.neverTrained}</span>
        )}
      </div>
      {training !== null && training.waiting > 0 && <Badge tone="warn">{w.waiting(training.waiting)}</Badge>}
      {may && (
        <Button icon="refresh" busy={busy} onPress={() => void start()}>
          {w.trainNow}
        </Button>
      )}
      {(why !== '' || (training?.state === 'failed' && training.why !== '') || training?.state === 'refused') && (
        <div class="training-told">
          <Banner tone={training?.state === 'refused' && why === '' ? 'warn' : 'danger'} icon="warn">
            {why !== '' ? why : training?.state === 'refused' ? w.refused(training.why) : w.trainFailed(training?.why ?? '')}
          </Banner>
        </div>
      )}
    </div>
  );
}

/** The curve with its handle, and what the threshold means in numbers. */
function ThresholdCard({ evaluation, perDay, onSaved }: { evaluation: Evaluation; perDay: number; onSaved: () => void }) {
  const { desk } = useBook();
  const w = t().quality;
  const [wanted, setWanted] = useState<number | null>(null);
  const [state, setState] = useState({ busy: false, why: '' });
  const may = desk.may('intents.manage');
  if (evaluation.curve.length === 0)
    return (
      <Card title={w.curve}>
        <Empty icon="chart" title={w.noCurve}>
          {w.noCurveNext}
        </Empty>
      </Card>
    );
  const now = at(evaluation.curve, evaluation.threshold);
  const here = at(evaluation.curve, wanted ?? evaluation.threshold);
  const dirty = wanted !== null && here.threshold !== now.threshold;
  const save = async (): Promise<void> => {
    setState({ busy: true, why: '' });
    try {
      await setThreshold(desk, here.threshold);
      setState({ busy: false, why: '' });
      setWanted(null);
      onSaved();
    } catch (error) {
      setState({ busy: false, why: reason(error) });
    }
  };
  const facts: readonly (readonly [string, string, string])[] = [
    [w.coverage, percent(here.coverage), dirty ? w.against(percent(now.coverage)) : ''],
    [w.precision, percent(here.precision), dirty ? w.against(percent(now.precision)) : ''],
    [w.handedOver, perDay > 0 ? count(Math.round(perDay * (1 - here.coverage))) : '–', dirty && perDay > 0 ? w.against(count(Math.round(perDay * (1 - now.coverage)))) : ''],
  ];
  return (
    <Card title={w.curve} action={<Badge tone="bot">{w.thresholdIs(percent(here.threshold, 0))}</Badge>}>
      <div class="card-body">
        <Curve curve={evaluation.curve} threshold={here.threshold} disabled={!may} onChange={setWanted} />
        <dl class="figures" aria-live="polite">
          {facts.map(([name, value, note]) => (
            <div key={name}>
              <dt class="small t3">{name}</dt>
              <dd>
                <span class="figure num">{value}</span>
                {note !== '' && <span class="small t3 num">{note}</span>}
              </dd>
            </div>
          ))}
        </dl>
        {here.precision < GOAL && <p class="small tone-warn">{w.belowGoal(percent(GOAL))}</p>}
        {may && (
          <div class="form-foot">
            <Button kind="prime" busy={state.busy} disabled={!dirty} onPress={() => void save()}>
              {w.use}
            </Button>
            {dirty && (
              <Button kind="ghost" onPress={() => setWanted(null)}>
                {t().discard}
              </Button>
            )}
            <span class={state.why === '' ? 'small t3' : 'hint bad'} role={state.why === '' ? 'status' : 'alert'}>
              {state.why || (dirty ? w.notUsed : '')}
            </span>
          </div>
        )}
      </div>
    </Card>
  );
}

/** Who answered: the share of each tier, and of what was left to people. */
function TierCard({ tiers }: { tiers: Statistics['tiers'] }) {
  const w = t().quality;
  const all = TIERS.reduce((sum, tier) => sum + (tiers[tier] ?? 0), 0);
  return (
    <Card title={w.tiers} note={w.days}>
      {all === 0 ? (
        <Empty icon="chart" title={w.noTiers}>
          {w.noTiersNext}
        </Empty>
      ) : (
        <ul class="tiers card-body">
          {TIERS.filter((tier) => (tiers[tier] ?? 0) > 0).map((tier) => (
            <li key={tier}>
              <span>{w.tierNames[tier]}</span>
              <Progress done={(tiers[tier] ?? 0) / all} label={w.tierNames[tier]} />
              <span class="num">{percent((tiers[tier] ?? 0) / all)}</span>
              <span class="num small t3">{count(tiers[tier] ?? 0)}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

/** Week by week: what was answered, and how much of what was judged was right. */
function Drift({ weeks }: { weeks: readonly Week[] }) {
  const w = t().quality;
  const most = Math.max(1, ...weeks.map(({ asked }) => asked));
  return (
    <Card title={w.drift} note={w.driftNote}>
      {weeks.length === 0 ? (
        <Empty icon="chart" title={w.noDrift}>
          {w.noDriftNext}
        </Empty>
      ) : (
        <div class="table-frame">
          <table class="table drift" aria-label={w.drift}>
            <thead>
              <tr>
                <th scope="col">{w.week}</th>
                <th scope="col">{w.messages}</th>
                <th scope="col">{w.coverage}</th>
                <th scope="col">{w.rightOf}</th>
                <th scope="col">{w.meanConfidence}</th>
              </tr>
            </thead>
            <tbody>
              {weeks.map((week, index) => {
                const before = weeks[index - 1];
                const share = week.asked > 0 ? week.answered / week.asked : null;
                const earlier = before && before.asked > 0 ? before.answered / before.asked : null;
                const fell = share !== null && earlier !== null && share < earlier - FELL;
                return (
                  <tr key={week.week}>
                    <td class="num">{week.week}</td>
                    <td class="num">
                      <span class="drift-bar" style={{ '--v': (week.asked / most) * 100 }} aria-hidden="true" />
                      {count(week.asked)}
                    </td>
                    <td class={fell ? 'num tone-warn' : 'num'}>
                      {percent(share)} {fell && w.fell}
                    </td>
                    <td class="num">{week.judged > 0 ? percent(week.right / week.judged) : '–'}</td>
                    <td class="num">{percent(week.confidence)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

const FELL = 0.05;
