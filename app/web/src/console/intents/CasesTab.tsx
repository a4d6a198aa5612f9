import { useState } from 'preact/hooks';
import { Badge } from '../../kit/ui/Badge';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { reason } from '../state/session';
import type { PartProps } from './IntentPage';
import { useBook } from './book';
import { type RanCase, runCases } from './calls';
import { put, without } from './draft';
import { percent } from './figures';
import { PHRASE_CHARACTERS_MAX } from './model';
import { t } from './words';

/** Tests of what is at work: this text is to be this intent, or none. */
export function CasesTab({ intent, may, onChange }: PartProps) {
  const book = useBook();
  const w = t();
  const [ran, setRan] = useState<ReadonlyMap<string, RanCase>>(new Map());
  const [state, setState] = useState({ busy: false, why: '' });
  const run = async (): Promise<void> => {
    setState({ busy: true, why: '' });
    try {
      const results = await runCases(book.desk, intent.cases);
      setRan(new Map(results.map((one) => [keyOf(one), one])));
      setState({ busy: false, why: '' });
    } catch (error) {
      setState({ busy: false, why: reason(error) });
    }
  };
  const add = may && (
    <Button icon="plus" onPress={() => onChange({ cases: [...intent.cases, { text: '', intent: intent.name }] })}>
      {w.addCase}
    </Button>
  );
  const told = intent.cases.map((one) => ran.get(keyOf(one))).filter((one) => one !== undefined);
  const failed = told.filter(({ passed }) => !passed).length;
  return (
    <Card
      title={w.tabs.cases}
      action={
        intent.cases.length > 0 && (
          <span class="row wrap">
            {add}
            <Button kind="prime" icon="play" busy={state.busy} onPress={() => void run()}>
              {w.runCases}
            </Button>
          </span>
        )
      }
    >
      <div aria-live="polite" class="case-told">
        {state.why !== '' && (
          <Banner tone="danger" icon="stop">
            {state.why}
          </Banner>
        )}
        {state.why === '' && told.length > 0 && (
          <Banner tone={failed > 0 ? 'warn' : 'ok'} icon={failed > 0 ? 'warn' : 'check'}>
            {failed > 0 ? w.casesFailed(failed, told.length) : w.casesPassed(told.length)}
          </Banner>
        )}
      </div>
      {intent.cases.length === 0 ? (
        <Empty icon="check" title={w.noCases} action={add || undefined}>
          {w.noCasesNext}
        </Empty>
      ) : (
        <ol class="intent-cases" aria-label={w.tabs.cases}>
          {intent.cases.map((one, index) => (
            <li key={index}>
              <div class="case-form" role="group" aria-label={w.caseNo(index + 1)}>
                <TextField label={w.caseText} maxLength={PHRASE_CHARACTERS_MAX} disabled={!may} value={one.text} onInput={(text) => onChange({ cases: put(intent.cases, index, { ...one, text }) })} />
                <SelectField
                  label={w.caseIntent}
                  value={one.intent}
                  disabled={!may}
                  choices={[{ value: '', label: w.tryIt.none }, ...book.choices(), ...(book.all.value?.some(({ intent: held }) => held.name === one.intent) || one.intent === '' ? [] : [{ value: one.intent, label: one.intent }])]}
                  onChange={(name) => onChange({ cases: put(intent.cases, index, { ...one, intent: name }) })}
                />
                <CaseResult ran={ran.get(keyOf(one))} />
                {may && <Button kind="ghost" icon="x" label={w.away(w.caseNo(index + 1))} onPress={() => onChange({ cases: without(intent.cases, index) })} />}
              </div>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

function keyOf({ text, intent }: { text: string; intent: string }): string {
  return `${intent} ${text}`;
}

function CaseResult({ ran }: { ran: RanCase | undefined }) {
  const book = useBook();
  const w = t();
  if (ran === undefined) return <span class="small t3 case-result">{w.notRun}</span>;
  return (
    <span class="case-result">
      <Badge tone={ran.passed ? 'ok' : 'danger'}>{ran.passed ? w.passed : w.failed}</Badge>{' '}
      {!ran.passed && <span class="small t2">{w.got(ran.got === '' ? w.tryIt.nothing : book.titleOf(ran.got), percent(ran.confidence, 0))}</span>}
    </span>
  );
}
