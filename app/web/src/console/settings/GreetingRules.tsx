import type { Greeting } from '../../kit/inbox';
import { Button } from '../../kit/ui/Button';
import { SelectField, TextField } from '../../kit/ui/Field';
import { t } from './greetingWords';
import { t as inboxes } from './inboxWords';
import { t as invitations } from './invitationWords';

const RULES_MAX = 20;
const LANGUAGES = ['zh', 'en'] as const;
const READERS = ['any', 'zh', 'en'] as const;

interface GreetingRulesProps {
  rules: readonly Greeting[];
  onChange: (rules: Greeting[]) => void;
  /** This one is being looked at. */
  onShow: (rule: Greeting | null) => void;
}

/** Which words meet who opens the chat, on which page and in which language. */
export function GreetingRules({ rules, onChange, onShow }: GreetingRulesProps) {
  const w = t();
  const change = (place: number, part: Partial<Greeting>): void => {
    const next = rules.map((one, at) => (at === place ? { ...one, ...part } : one));
    onChange(next);
    const shown = next[place];
    if (shown !== undefined) onShow(shown);
  };
  const up = (place: number): void => {
    const next = [...rules];
    next.splice(place - 1, 0, ...next.splice(place, 1));
    onChange(next);
  };
  return (
    <>
      <p class="hint">{w.hint}</p>
      {rules.length === 0 && <p class="t3">{w.none}</p>}
      {rules.map((rule, place) => (
        <Rule
          key={place}
          rule={rule}
          place={place + 1}
          onChange={(part) => change(place, part)}
          onRemove={() => { onChange(rules.filter((one) => one !== rule)); onShow(null); }}
          onUp={place === 0 ? null : () => up(place)}
          onFocus={() => onShow(rule)}
        />
      ))}
      <div>
        <Button size="s" icon="plus" disabled={rules.length >= RULES_MAX} onPress={() => onChange([...rules, { text: { en: '', zh: '' }, page: '', language: 'any' }])}>
          {w.add}
        </Button>
      </div>
    </>
  );
}

interface RuleProps {
  rule: Greeting;
  place: number;
  onChange: (part: Partial<Greeting>) => void;
  onRemove: () => void;
  onUp: (() => void) | null;
  onFocus: () => void;
}

function Rule({ rule, place, onChange, onRemove, onUp, onFocus }: RuleProps) {
  const w = t();
  return (
    <section class="invitation-rule" aria-label={w.nth(place)} onFocusIn={onFocus}>
      <header>
        <b class="grow">{w.nth(place)}</b>
        {onUp && <Button kind="ghost" size="s" icon="up" label={w.up(place)} onPress={onUp} />}
        <Button kind="ghost" size="s" icon="x" label={w.remove(place)} onPress={onRemove} />
      </header>
      <div class="form-grid">
        {LANGUAGES.map((language) => (
          <TextField
            key={language}
            label={invitations().text(inboxes().languages[language])}
            lines={2}
            maxLength={300}
            value={rule.text[language]}
            onInput={(words) => onChange({ text: { ...rule.text, [language]: words } })}
          />
        ))}
        <TextField label={invitations().page} hint={invitations().pageHint} maxLength={200} value={rule.page} onInput={(page) => onChange({ page: page.trim() })} />
        <SelectField
          label={w.readers}
          value={rule.language}
          choices={READERS.map((value) => ({ value, label: w.languages[value] }))}
          onChange={(language) => onChange({ language: language as Greeting['language'] })}
        />
      </div>
    </section>
  );
}
