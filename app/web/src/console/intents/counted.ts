import { useEffect, useState } from 'preact/hooks';
import { useBook } from './book';
import { type Evaluation, readEvaluation } from './calls';

/** How an intent does. */
export interface Figures {
  /** Messages that mean it, and how many of them were answered. */
  readonly asked: number;
  readonly answered: number;
  /** Of what was answered with it. */
  readonly right: number;
  readonly wrong: number;
}

/** Of each intent, by name, over phrases that the version at work has not learnt. */
export function figuresOf(evaluation: Evaluation | null): ReadonlyMap<string, Figures> {
  return new Map(
    evaluation?.per_intent.map(({ intent, support, coverage, precision }) => {
      const answered = Math.round(support * coverage);
      const right = Math.round(answered * precision);
      return [intent, { asked: support, answered, right, wrong: answered - right }];
    }),
  );
}

/** Asked again when a version goes to work; who may not manage intents sees the list without them. */
export function useFigures(): ReadonlyMap<string, Figures> {
  const { desk, round } = useBook();
  const [figures, setFigures] = useState<ReadonlyMap<string, Figures>>(new Map());
  useEffect(() => {
    if (!desk.may('intents.manage')) return;
    readEvaluation(desk).then(
      (evaluation) => setFigures(figuresOf(evaluation)),
      () => undefined, // the list stands without them; the page of quality says why
    );
  }, [desk, round.value]);
  return figures;
}
