import { type Ask, type Fields, type Texts, type Widget } from '../../kit/inbox';
import { SelectField, TextField } from '../../kit/ui/Field';
import { HoursEditor } from './HoursEditor';
import type { PreviewScreen } from './InboxPreview';
import { t } from './inboxWords';

const LANGUAGES = ['zh', 'en'] as const;
const ASKED = ['name', 'email', 'phone', 'free'] as const;

interface InboxWidgetProps {
  widget: Widget;
  onChange: (widget: Widget) => void;
  /** What is being changed can be seen on this screen. */
  onShow: (screen: PreviewScreen) => void;
}

/** How an inbox meets its visitors, part by part. */
export function InboxWidget({ widget, onChange, onShow }: InboxWidgetProps) {
  const w = t();
  const change = (part: Partial<Widget>): void => onChange({ ...widget, ...part });
  return (
    <>
      <fieldset class="widget-part" onFocusIn={() => onShow('home')}>
        <legend>{w.look}</legend>
        <div class="form-grid">
          <SelectField
            label={w.side}
            value={widget.side}
            choices={(['right', 'left'] as const).map((side) => ({ value: side, label: w.sides[side] }))}
            onChange={(side) => change({ side: side === 'left' ? 'left' : 'right' })}
          />
          <TextField
            label={w.seconds}
            inputMode="numeric"
            maxLength={3}
            value={String(widget.invitation_seconds)}
            onInput={(seconds) => change({ invitation_seconds: Math.min(600, Number(seconds.replace(/\D/gu, ''))) })}
          />
          <Both label={w.label} hint={w.labelHint} texts={widget.label} longest={40} onInput={(label) => change({ label })} />
          <Both label={w.invitation} hint={w.invitationHint} texts={widget.invitation} lines={2} onInput={(invitation) => change({ invitation })} />
        </div>
      </fieldset>
      <Questions fields={widget.fields} onChange={(fields) => { change({ fields }); onShow('ask'); }} onFocus={() => onShow('ask')} />
      <fieldset class="widget-part" onFocusIn={() => onShow('home')}>
        <legend>{w.hours}</legend>
        <HoursEditor hours={widget.hours} onChange={(hours) => change({ hours })} />
      </fieldset>
      <fieldset class="widget-part" onFocusIn={() => onShow(widget.away === 'form' ? 'leave' : 'home')}>
        <legend>{w.away}</legend>
        {(['chat', 'form'] as const).map((away) => (
          <label key={away} class="toggle">
            <input type="radio" name="away" checked={widget.away === away} onChange={() => { change({ away }); onShow(away === 'form' ? 'leave' : 'home'); }} />
            <span>{w.aways[away]}</span>
          </label>
        ))}
      </fieldset>
    </>
  );
}

function Questions({ fields, onChange, onFocus }: { fields: Fields; onChange: (fields: Fields) => void; onFocus: () => void }) {
  const w = t();
  const choices = (['no', 'optional', 'required'] as const).map((ask) => ({ value: ask, label: w.ask[ask] }));
  return (
    <fieldset class="widget-part" onFocusIn={onFocus}>
      <legend>{w.asks}</legend>
      <p class="hint">{w.asksHint}</p>
      <div class="form-grid">
        {ASKED.map((name) => (
          <SelectField
            key={name}
            label={w.fields[name]}
            value={fields[name]}
            choices={choices}
            onChange={(ask) => onChange({ ...fields, [name]: ask as Ask })}
          />
        ))}
        {fields.free !== 'no' && (
          <Both label={w.freeLabel} texts={fields.free_label} longest={60} onInput={(label) => onChange({ ...fields, free_label: label })} />
        )}
        <Both label={w.consent} hint={w.consentHint} texts={fields.consent} lines={2} onInput={(consent) => onChange({ ...fields, consent })} />
        {(fields.consent.en || fields.consent.zh) && (
          <div class="wide">
            <TextField
              label={w.consentLink}
              hint={w.consentLinkHint}
              maxLength={2_000}
              value={fields.consent_link}
              onInput={(link) => onChange({ ...fields, consent_link: link.trim() })}
            />
          </div>
        )}
      </div>
    </fieldset>
  );
}

/** One text in both languages, side by side. */
function Both(props: {
  label: (language: string) => string;
  hint?: string;
  texts: Texts;
  lines?: number;
  longest?: number;
  onInput: (texts: Texts) => void;
}) {
  const { label, hint, texts, lines, longest = 300, onInput } = props;
  return (
    <>
      {LANGUAGES.map((language) => (
        <TextField
          key={language}
          label={label(t().languages[language])}
          hint={hint}
          {...(lines === undefined ? {} : { lines })}
          maxLength={longest}
          value={texts[language]}
          onInput={(text) => onInput({ ...texts, [language]: text })}
        />
      ))}
    </>
  );
}
