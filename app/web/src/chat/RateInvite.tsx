import { Face } from './Face';
import { h } from './homeWords';
import { ratable, ratingOf } from './rating';
import type { Visit } from './visit';

const SCORES = [1, 2, 3, 4, 5];

/** At the end of a conversation that is over: five faces, or what he said of it; nothing where there is nothing to rate. */
export function RateInvite({ visit }: { visit: Visit }) {
  const head = visit.head.value;
  const entries = visit.entries.value;
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
      <h2>{h().rateTitle}</h2>
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
