import { useEffect, useRef, useState } from 'preact/hooks';
import { Badge } from '../../kit/ui/Badge';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty } from '../../kit/ui/Empty';
import { Progress } from '../../kit/ui/Progress';
import { Table } from '../../kit/ui/Table';
import { fullDay } from '../../kit/dates';
import { language, sentences } from '../../kit/i18n';
import { NotYours } from '../frame/NotYours';
import { reason } from '../state/session';
import { usePolled } from '../systems/polled';
import { said } from '../systems/said';
import { Confusion } from './Confusion';
import { Curve, GOAL } from './Curve';
import { Versions } from './Versions';
import { useBook } from './book';
import { type Evaluation, STATISTICS, type Statistics, type Thresholds, type TierShare, TRAINING, type Training, chooseThresholds, readEvaluation, readThresholds, trainNow } from './calls';
import { type Point, at, count, percent } from './figures';
import { TIERS } from './model';
import { Awaited } from './parts';
import { t } from './words';

const TRAINING_MS = 1_500;
const DRIFT_MS = 60_000;
const DAY_MS = 86_400_000;
/** A week in which so much less is answered is worth a look. */
const FELL = 0.05;

/** How well it is recognised, and what a threshold would mean. */
export function QualityPage() {
  const book = useBook();
  const { desk } = book;
  const w = t().quality;
  const [held, setHeld] = useState<{ readonly evaluation: Evaluation | null; readonly thresholds: Thresholds } | null>(null);
  const [why, setWhy] = useState('');
  const load = (): void => {
    Promise.all([readEvaluation(desk), readThresholds(desk)]).then(
      ([evaluation, thresholds]) => (setHeld({ evaluation, thresholds }), setWhy('')),
      (error: unknown) => setWhy(reason(error)),
    );
  };
  useEffect(load, [book.round.value]);
  if (!desk.may('intents.manage')) return <NotYours />;
  const evaluation = held?.evaluation ?? null;
  return (
    <>
      <TrainingLine onDone={() => book.changed()} />
      {held === null ? (
        <Card>
          <Awaited ready={false} why={why} title={w.failed} retry={load} rows={8}>
            {null}
          </Awaited>
        </Card>
      ) : (
        <>
          <div class="intents-columns">
            <ThresholdCard curve={evaluation?.curve ?? []} thresholds={held.thresholds} onSaved={() => book.changed()} />
            <TierCard tiers={evaluation?.tiers ?? []} />
          </div>
          <Confusion pairs={evaluation?.confusion ?? []} held={evaluation?.queries ?? 0} />
        </>
      )}
      <Drift />
      <Versions />
    </>
  );
}

/** Training with how far it is; how the last one ended. */
function TrainingLine({ onDone }: { onDone: () => void }) {
  const { desk } = useBook();
  const w = t().quality;
  const { answer: training, again } = usePolled<Training>(desk, TRAINING, TRAINING_MS);
  const [why, setWhy] = useState('');
  const was = useRef(false);
  const busy = training?.state === 'running';
  useEffect(() => {
    if (was.current && !busy) onDone();
    was.current = busy;
  }, [busy]);
  const start = async (): Promise<void> => {
    setWhy('');
    try {
      await trainNow(desk);
    } catch (error) {
      setWhy(reason(error));
    }
    again();
  };
  const bad = training?.state === 'failed' || training?.state === 'refused';
  return (
    <div class="training">
      <div class="grow" role="status">
        {training !== null && busy && (
          <>
            <span class="small t2 num">{w.training(percent(training.share, 0))}</span>
            <Progress done={training.share} label={w.trainingLabel} />
          </>
        )}
        {training !== null && !busy && !bad && <span class="small t2">{training.state === 'done' ? w.trained : w.trainLead}</span>}
      </div>
      <Button icon="refresh" busy={busy} onPress={() => void start()}>
        {w.trainNow}
      </Button>
      {(why !== '' || bad) && (
        <div class="training-told">
          <Banner tone={why === '' && training?.state === 'refused' ? 'warn' : 'danger'} icon="warn">
            {why !== '' ? why : sentences(training?.state === 'refused' ? w.refused : w.trainFailed, training ? said(training) : '')}
          </Banner>
        </div>
      )}
    </div>
  );
}

/** The curve with its handle, and what the threshold means in numbers. */
function ThresholdCard({ curve, thresholds, onSaved }: { curve: readonly Point[]; thresholds: Thresholds; onSaved: () => void }) {
  const { desk } = useBook();
  const w = t().quality;
  const [wanted, setWanted] = useState<number | null>(null);
  const [state, setState] = useState({ busy: false, why: '' });
  if (curve.length === 0)
    return (
      <Card title={w.curve}>
        <Empty icon="chart" title={w.noCurve}>
          {w.noCurveNext}
        </Empty>
      </Card>
    );
  const now = at(curve, thresholds.answer);
  const here = at(curve, wanted ?? thresholds.answer);
  const dirty = wanted !== null && here.threshold !== now.threshold;
  const use = async (answer: number | null): Promise<void> => {
    setState({ busy: true, why: '' });
    try {
      await chooseThresholds(desk, answer, thresholds.chosen.offer);
      setState({ busy: false, why: '' });
      setWanted(null);
      onSaved();
    } catch (error) {
      setState({ busy: false, why: reason(error) });
    }
  };
  const left = (point: Point): string => percent(1 - point.coverage);
  const facts: readonly (readonly [string, string, string])[] = [
    [w.coverage, percent(here.coverage), percent(now.coverage)],
    [w.precision, percent(here.precision), percent(now.precision)],
    [w.handedOver, left(here), left(now)],
  ];
  return (
    <Card title={w.curve} action={<Badge tone="bot">{w.thresholdIs(percent(dirty ? here.threshold : thresholds.answer))}</Badge>}>
      <div class="card-body">
        <Curve curve={curve} threshold={here.threshold} disabled={state.busy} onChange={setWanted} />
        <dl class="figures" aria-live="polite">
          {facts.map(([name, value, before]) => (
            <div key={name}>
              <dt class="small t3">{name}</dt>
              <dd>
                <span class="figure num">{value}</span>
                {dirty && <span class="small t3 num">{w.against(before)}</span>}
              </dd>
            </div>
          ))}
        </dl>
        {here.precision < GOAL && <p class="small tone-warn">{w.belowGoal(percent(GOAL))}</p>}
        <div class="form-foot">
          <Button kind="prime" busy={state.busy} disabled={!dirty} onPress={() => void use(here.threshold)}>
            {w.use}
          </Button>
          {dirty && (
            <Button kind="ghost" onPress={() => setWanted(null)}>
              {t().discard}
            </Button>
          )}
          {!dirty && thresholds.chosen.answer !== null && (
            <Button kind="ghost" onPress={() => void use(null)}>
              {w.asCalibrated(percent(thresholds.calibrated.answer))}
            </Button>
          )}
          <span class={state.why === '' ? 'small t3' : 'hint bad'} role={state.why === '' ? 'status' : 'alert'}>
            {state.why || (dirty ? w.notUsed : '')}
          </span>
        </div>
      </div>
    </Card>
  );
}

/** Who answers: the share of each tier, how much of it is right, and what is left to people. */
function TierCard({ tiers }: { tiers: readonly TierShare[] }) {
  const w = t().quality;
  const rows = [...tiers].sort((one, other) => TIERS.indexOf(one.tier) - TIERS.indexOf(other.tier)).filter(({ share }) => share > 0);
  const left = 1 - rows.filter(({ tier }) => tier !== 'none').reduce((sum, { share }) => sum + share, 0);
  return (
    <Card title={w.tiers} note={rows.length > 0 ? w.tiersNote : undefined}>
      {rows.length === 0 ? (
        <Empty icon="chart" title={w.noTiers}>
          {w.noTiersNext}
        </Empty>
      ) : (
        <ul class="tiers card-body">
          {rows
            .filter(({ tier }) => tier !== 'none')
            .map(({ tier, share, precision }) => (
              <li key={tier}>
                <span>{w.tierNames[tier]}</span>
                <Progress done={share} label={w.tierNames[tier]} />
                <span class="num">{percent(share)}</span>
                <span class="num small t3">{w.rightShare(percent(precision))}</span>
              </li>
            ))}
          <li>
            <span>{w.tierNames.none}</span>
            <Progress done={left} label={w.tierNames.none} />
            <span class="num">{percent(left)}</span>
            <span />
          </li>
        </ul>
      )}
    </Card>
  );
}

/** Week by week, of what visitors asked: what was answered, left to people, and judged. */
function Drift() {
  const { desk } = useBook();
  const w = t().quality;
  const { answer, why, again } = usePolled<Statistics>(desk, STATISTICS, DRIFT_MS);
  const weeks = answer?.weeks.filter(({ asked }) => asked > 0) ?? [];
  return (
    <Card title={w.drift} note={weeks.length > 1 ? w.driftNote : undefined}>
      <Awaited ready={answer !== null} why={why} title={w.failed} retry={again} rows={3}>
        {weeks.length === 0 ? (
          <Empty icon="chart" title={w.noDrift}>
            {w.noDriftNext}
          </Empty>
        ) : (
          <Table fold label={w.drift} head={[w.week, w.messages, w.coverage, w.handedOver, w.unsure, w.told]}>
            {weeks.map((week, index) => {
              const fell = index > 0 && week.answered < (weeks[index - 1]?.answered ?? 0) - FELL;
              const told = week.told_right + week.told_wrong;
              return (
                <tr key={week.from_day}>
                  <td class="num">{fullDay(week.from_day * DAY_MS, language.value)}</td>
                  <td class="num">
                    <span class="only-phone t3">{w.messages}</span> {count(week.asked)}
                  </td>
                  <td class={fell ? 'num tone-warn' : 'num'}>
                    <span class="only-phone t3">{w.coverage}</span> {percent(week.answered)} {fell && w.fell}
                  </td>
                  <td class="num">
                    <span class="only-phone t3">{w.handedOver}</span> {percent(week.unknown)}
                  </td>
                  <td class="num">
                    <span class="only-phone t3">{w.unsure}</span> {percent(week.low)}
                  </td>
                  <td class="num">
                    <span class="only-phone t3">{w.told}</span> {told > 0 ? percent(week.told_right / told) : '–'}
                  </td>
                </tr>
              );
            })}
          </Table>
        )}
      </Awaited>
    </Card>
  );
}
