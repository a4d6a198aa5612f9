import type { ComponentChildren } from 'preact';
import { Button } from '../../kit/ui/Button';
import { Failure } from '../../kit/ui/Empty';
import { Skeleton } from '../../kit/ui/Skeleton';
import { t as common } from '../words';
import { percent, wilson } from './figures';
import { t } from './words';

/** What could not be fetched, or what is on its way; else what is there. */
export function Awaited({ why, ready, title, retry, rows = 5, children }: {
  why: string;
  ready: boolean;
  title: string;
  retry: () => void;
  rows?: number;
  children: ComponentChildren;
}) {
  if (why !== '' && !ready)
    return (
      <Failure
        title={title}
        reason={why}
        retry={
          <Button size="s" icon="refresh" onPress={retry}>
            {common().retry}
          </Button>
        }
      />
    );
  return ready ? <>{children}</> : <Skeleton label={common().loading} rows={rows} face={false} />;
}

/** How often it is right, and what is sure of that: few judged answers say little. */
export function Precision({ right, wrong }: { right: number; wrong: number }) {
  const all = right + wrong;
  const w = t();
  const bound = wilson(right, all);
  if (bound === null)
    return (
      <span class="t3" title={w.notJudged}>
        –
      </span>
    );
  return (
    <span class="num precision" title={w.judged(right, all)}>
      <span class={right / all < GOOD ? 'tone-warn' : undefined}>{percent(right / all)}</span> <span class="small t3">{w.atLeast(percent(bound))}</span>
    </span>
  );
}

/** What is promised of answers (LOOK.md: amber where a promise is about to be broken). */
const GOOD = 0.985;
