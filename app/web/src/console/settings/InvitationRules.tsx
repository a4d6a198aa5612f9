import { useEffect, useState } from 'preact/hooks';
import { systemRandom } from '../../kit/clock';
import type { Invitation, Widget } from '../../kit/inbox';
import { Button } from '../../kit/ui/Button';
import { SelectField, TextField } from '../../kit/ui/Field';
import { useDesk } from '../state/desk';
import { t as inboxes } from './inboxWords';
import { t } from './invitationWords';

const RULES_MAX = 20;
const LANGUAGES = ['zh', 'en'] as const;

interface Counted {
  readonly days: number;
  readonly counts: readonly { readonly id: string; readonly shown: number; readonly accepted: number }[];
}

/** Which words are shown above the launcher, on which page, when, to whom; and how they did. */
export function InvitationRules({ inboxId, widget, onChange }: { inboxId: string; widget: Widget; onChange: (part: Partial<Widget>) => void }) {
  const w = t();
  const counted = useCounts(inboxId);
  const { invitations: rules, invitation_pause_hours: pause } = widget;
  const set = (invitations: Invitation[]): void => onChange({ invitations });
  const add = (): void =>
    set([...rules, { id: systemRandom.hex(6), text: { en: '', zh: '' }, page: '', seconds: 8, event: '', who: 'all', when: 'any' }]);
  return (
    <>
      <p class="hint">{w.hint}</p>
      {rules.length === 0 && <p class="t3">{w.none}</p>}
      {rules.map((rule, place) => (
        <Rule
          key={rule.id}
          rule={rule}
          place={place + 1}
          counted={counted}
          onChange={(part) => set(rules.map((one) => (one === rule ? { ...one, ...part } : one)))}
          onRemove={() => set(rules.filter((one) => one !== rule))}
          onUp={place === 0 ? null : () => set(rules.map((one, at) => (at === place - 1 ? rule : at === place ? (rules[place - 1] ?? one) : one)))}
        />
      ))}
      <div>
        <Button size="s" icon="plus" disabled={rules.length >= RULES_MAX} onPress={add}>
          {w.add}
        </Button>
      </div>
      {rules.length > 0 && (
        <div class="form-grid">
          <TextField
            label={w.pause}
            inputMode="numeric"
            maxLength={3}
            value={String(pause)}
            onInput={(hours) => onChange({ invitation_pause_hours: Math.min(720, Math.max(1, Number(hours.replace(/\D/gu, '')))) })}
          />
        </div>
      )}
    </>
  );
}

/** How often each was shown and followed; null where that is not known. */
function useCounts(inboxId: string): Counted | null {
  const desk = useDesk();
  const [counted, setCounted] = useState<Counted | null>(null);
  useEffect(() => {
    desk.api.get<Counted>(`api/v1/inboxes/${inboxId}/invitations`).then(setCounted, () => undefined); // the rules can be changed without
  }, [inboxId]);
  return counted;
}

interface RuleProps {
  rule: Invitation;
  place: number;
  counted: Counted | null;
  onChange: (part: Partial<Invitation>) => void;
  onRemove: () => void;
  onUp: (() => void) | null;
}

function Rule({ rule, place, counted, onChange, onRemove, onUp }: RuleProps) {
  const w = t();
  const count = counted?.counts.find(({ id }) => id === rule.id);
  const choices = <Key extends string>(named: Readonly<Record<Key, string>>) =>
    (Object.keys(named) as Key[]).map((value) => ({ value, label: named[value] }));
  return (
    <section class="invitation-rule" aria-label={w.nth(place)}>
      <header>
        <b class="grow">{w.nth(place)}</b>
        {onUp && <Button kind="ghost" size="s" icon="up" label={w.up(place)} onPress={onUp} />}
        <Button kind="ghost" size="s" icon="x" label={w.remove(place)} onPress={onRemove} />
      </header>
      <div class="form-grid">
        {LANGUAGES.map((language) => (
          <TextField
            key={language}
            label={w.text(inboxes().languages[language])}
            lines={2}
            maxLength={300}
            value={rule.text[language]}
            onInput={(words) => onChange({ text: { ...rule.text, [language]: words } })}
          />
        ))}
        <TextField label={w.page} hint={w.pageHint} maxLength={200} value={rule.page} onInput={(page) => onChange({ page: page.trim() })} />
        <TextField
          label={w.seconds}
          inputMode="numeric"
          maxLength={4}
          disabled={rule.event !== ''}
          value={String(rule.seconds)}
          onInput={(seconds) => onChange({ seconds: Math.min(3_600, Number(seconds.replace(/\D/gu, ''))) })}
        />
        <TextField label={w.event} hint={w.eventHint} maxLength={60} value={rule.event} onInput={(event) => onChange({ event })} />
        <SelectField label={w.who} value={rule.who} choices={choices(w.whom)} onChange={(who) => onChange({ who: who as Invitation['who'] })} />
        <SelectField label={w.when} value={rule.when} choices={choices(w.whens)} onChange={(when) => onChange({ when: when as Invitation['when'] })} />
      </div>
      {counted !== null && <p class="small t3 num">{w.counted(count?.shown ?? 0, count?.accepted ?? 0, counted.days)}</p>}
    </section>
  );
}
