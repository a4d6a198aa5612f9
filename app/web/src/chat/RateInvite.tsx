import { useEffect, useState } from 'preact/hooks';
import { language } from '../kit/i18n';
import { Face } from './Face';
import { h } from './homeWords';
import { askedFrom, ratable, ratingOf } from './rating';
import type { Visit } from './visit';

const SCORES = [1, 2, 3, 4, 5];

/** What the inbox asks, in its own words where it has some. */
export function questionOf({ session }: Visit): string {
  const { en = '', zh = '' } = session.inbox.widget.survey.question ?? {};
  return (language.value === 'zh' ? zh || en : en || zh) || h().rateTitle;
}

/** Draws once more when that moment comes. */
function useMoment(at: number | null): void {
  const [, again] = useState(0);
  useEffect(() => {
    const wait = (at ?? 0) - Date.now();
    if (wait <= 0) return undefined;
    const timer = setTimeout(() => again((round) => round + 1), wait + 1);
    return () => clearTimeout(timer);
  }, [at]);
}

/** At the end of a conversation that is over: five faces, or what he said of it; nothing where there is nothing to rate. */
export function RateInvite({ visit }: { visit: Visit }) {
  const head = visit.head.value;
  const entries = visit.entries.value;
  useMoment(askedFrom(entries));
  if (head === null || !ratable(head, entries, Date.now())) return null;
  const given = ratingOf(entries);
  const rate = (score: number | null): void => visit.show({ at: 'rate', conv: head.conv, score });
  if (given !== null) {
    return (
      <section class="rate-invite given" aria-label={h().rateLabel}>
        <Face score={given.score} />
        <span class="grow">{h().rated(h().scores[given.score - 1] ?? '')}</span>
        <button type="button" class="link" onClick={() => rate(null)}>{h().change}</button>
      </section>
    );
  }
  return (
    <section class="rate-invite" aria-label={h().rateLabel}>
      <h2>{questionOf(visit)}</h2>
      <div class="faces">
        {SCORES.map((score) => (
          <button key={score} type="button" aria-label={h().scores[score - 1]} title={h().scores[score - 1]} onClick={() => rate(score)}>
            <Face score={score} />
          </button>
        ))}
      </div>
    </section>
  );
}
