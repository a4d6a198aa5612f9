import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { said } from '../systems/said';
import type { PartProps } from './IntentPage';
import { useBook } from './book';
import { type Checked, checkRule } from './calls';
import { put, without } from './draft';
import { type Intent, PHRASE_CHARACTERS_MAX, type Rule, type SpokenLanguage } from './model';
import { t } from './words';

const PRIORITY_MAX = 100;
const PAUSE_MS = 300;

/** Patterns that answer alone, each checked while it is written. */
export function RulesTab({ intent, may, onChange }: PartProps) {
  const w = t();
  const add = (): void => onChange({ rules: [...intent.rules, { pattern: '', language: '', inbox_id: '', priority: 0 }] });
  const button = may && (
    <Button icon="plus" onPress={add}>
      {w.addRule}
    </Button>
  );
  return (
    <Card title={w.tabs.rules} action={intent.rules.length > 0 && button}>
      {intent.rules.length === 0 ? (
        <Empty icon="lock" title={w.noRules} action={button || undefined}>
          {w.noRulesNext}
        </Empty>
      ) : (
        <ol class="intent-rules" aria-label={w.tabs.rules}>
          {intent.rules.map((rule, index) => (
            <li key={index}>
              <RuleForm
                rule={rule}
                slots={intent.slots}
                number={index + 1}
                may={may}
                onChange={(changed) => onChange({ rules: put(intent.rules, index, changed) })}
                onDrop={() => onChange({ rules: without(intent.rules, index) })}
              />
            </li>
          ))}
        </ol>
      )}
      <details class="card-foot rule-help">
        <summary>{w.ruleHelp}</summary>
        <dl class="rule-words">
          {w.ruleWords.map(([sign, means]) => (
            <div key={sign}>
              <dt class="mono">{sign}</dt>
              <dd>{means}</dd>
            </div>
          ))}
        </dl>
      </details>
    </Card>
  );
}

function RuleForm({ rule, slots, number, may, onChange, onDrop }: { rule: Rule; slots: Intent['slots']; number: number; may: boolean; onChange: (rule: Rule) => void; onDrop: () => void }) {
  const book = useBook();
  const w = t();
  const checked = useCheck(rule.pattern, slots);
  const inboxes = [...book.desk.people.inboxes.value.values()].map(({ id, name }) => ({ value: id, label: name }));
  const wrong = checked !== null && checked.place > 0;
  return (
    <div class="rule-form" role="group" aria-label={w.ruleNo(number)}>
      <div class="rule-pattern">
        <TextField
          label={w.pattern}
          value={rule.pattern}
          maxLength={PHRASE_CHARACTERS_MAX}
          disabled={!may}
          error={wrong ? said(checked) : undefined}
          hint={checked === null ? w.patternHint : w.patternRight}
          onInput={(pattern) => onChange({ ...rule, pattern })}
        />
        {wrong && <Place pattern={rule.pattern} at={checked.place - 1} />}
      </div>
      <SelectField
        label={w.language}
        value={rule.language}
        disabled={!may}
        choices={[{ value: '', label: w.anyLanguage }, { value: 'zh', label: w.languages.zh }, { value: 'en', label: w.languages.en }]}
        onChange={(value) => onChange({ ...rule, language: value as SpokenLanguage })}
      />
      <SelectField label={w.inbox} value={rule.inbox_id} disabled={!may} choices={[{ value: '', label: w.anyInbox }, ...inboxes]} onChange={(inbox_id) => onChange({ ...rule, inbox_id })} />
      <TextField
        label={w.priority}
        inputMode="numeric"
        value={String(rule.priority)}
        disabled={!may}
        onInput={(text) => /^-?\d{0,3}$/u.test(text) && onChange({ ...rule, priority: Math.max(-PRIORITY_MAX, Math.min(PRIORITY_MAX, Number(text) || 0)) })}
      />
      {may && <Button kind="ghost" icon="x" label={w.away(w.ruleNo(number))} onPress={onDrop} />}
    </div>
  );
}

/** Where in the pattern it is wrong: the words again, with the place marked. */
function Place({ pattern, at }: { pattern: string; at: number }) {
  return (
    <p class="mono rule-place" aria-label={t().placeAt(at + 1)}>
      {pattern.slice(0, at)}
      <mark>{pattern.slice(at, at + 1) || ' '}</mark>
      {pattern.slice(at + 1)}
    </p>
  );
}

/** What the server says of a pattern, a moment after the last key; null while it is being written. */
function useCheck(pattern: string, slots: Intent['slots']): Checked | null {
  const { desk } = useBook();
  const [told, setTold] = useState<{ readonly pattern: string; readonly checked: Checked } | null>(null);
  useEffect(() => {
    if (pattern.trim() === '') return undefined;
    const aborter = new AbortController();
    const cancel = desk.clock.after(PAUSE_MS, () => {
      checkRule(desk, pattern, slots, aborter.signal).then(
        (checked) => setTold({ pattern, checked }),
        () => undefined, // saving says it as well
      );
    });
    return () => {
      cancel();
      aborter.abort();
    };
  }, [pattern, slots]);
  return told?.pattern === pattern ? told.checked : null;
}
