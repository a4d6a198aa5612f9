import { Badge } from '../../kit/ui/Badge';
import { Icon } from '../../kit/ui/Icon';
import type { Told } from './checked';
import type { Case, Checked } from './model';
import { said } from './said';
import { t } from './words';

/** What the last check said: that it is right, how many of its own cases hold, or which does not and why. */
export function CheckLine({ told }: { told: Told<Checked> }) {
  const w = t();
  const { answer, busy, why } = told;
  const failed = answer?.cases.filter(({ passed }) => !passed) ?? [];
  return (
    <div class="check-line">
      <div class="row wrap" role="status">
        {busy ? (
          <span class="small t3">{w.checking}</span>
        ) : why !== '' ? (
          <span class="small tone-danger">{why}</span>
        ) : (
          answer !== null && answer.errors.length === 0 && failed.length === 0 && (
            <>
              <Badge tone="ok">
                <Icon name="check" size="s" />
                {answer.cases.length > 0 ? w.held(answer.cases.length) : w.checked}
              </Badge>
              <span class="small t2">{answer.cases.length > 0 ? answer.cases.map(({ name }) => name).join(w.stop) : w.noCases}</span>
            </>
          )
        )}
      </div>
      <FailedCases cases={failed} />
    </div>
  );
}

export function FailedCases({ cases }: { cases: readonly Case[] }) {
  const w = t();
  if (cases.length === 0) return null;
  return (
    <ul class="mistakes">
      {cases.map((one) => (
        <li key={one.name}>
          <div class="mid tone-danger">{w.broken(one.name)}</div>
          <div>{said(one)}</div>
          {one.path !== '' && (
            <dl class="facts case-facts">
              <div>
                <dt>{w.at}</dt>
                <dd class="mono">{one.path}</dd>
              </div>
              <div>
                <dt>{w.expected}</dt>
                <dd class="mono">{one.expected}</dd>
              </div>
              <div>
                <dt>{w.got}</dt>
                <dd class="mono">{one.got}</dd>
              </div>
            </dl>
          )}
        </li>
      ))}
    </ul>
  );
}
