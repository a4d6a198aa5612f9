import { useState } from 'preact/hooks';
import { type Ask, type Fields, type Greeting, type Patience, type Survey, type Texts, type Widget } from '../../kit/inbox';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Checkbox } from '../../kit/ui/Toggle';
import { GreetingRules } from './GreetingRules';
import { HoursEditor } from './HoursEditor';
import type { PreviewScreen } from './InboxPreview';
import { FollowField } from './FollowField';
import { InvitationRules } from './InvitationRules';
import { t as greetings } from './greetingWords';
import { t } from './inboxWords';
import { t as invitations } from './invitationWords';
import type { Schedule } from './schedules';

const LANGUAGES = ['zh', 'en'] as const;
const TAGS_MAX = 8;
const TAG_MAX = 40;
const ASKED = ['name', 'email', 'phone', 'free'] as const;

interface InboxWidgetProps {
  inboxId: string;
  widget: Widget;
  onChange: (widget: Widget) => void;
  /** Hours that may be followed, the one that is, and the choice of another; null: hours of its own. */
  schedules: readonly Schedule[];
  schedule: string | null;
  onFollow: (schedule: string | null) => void;
  /** What is being changed can be seen on this screen. */
  onShow: (screen: PreviewScreen) => void;
  /** So is this greeting, on a page where it is shown. */
  onGreet: (rule: Greeting | null) => void;
}

/** How an inbox meets its visitors, part by part. */
export function InboxWidget({ inboxId, widget, onChange, schedules, schedule, onFollow, onShow, onGreet }: InboxWidgetProps) {
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
      <fieldset class="widget-part" onFocusIn={() => onShow('home')}>
        <legend>{greetings().title}</legend>
        <GreetingRules rules={widget.greetings} onChange={(rules) => change({ greetings: rules })} onShow={onGreet} />
      </fieldset>
      <fieldset class="widget-part" onFocusIn={() => onShow('home')}>
        <legend>{invitations().title}</legend>
        <InvitationRules inboxId={inboxId} widget={widget} onChange={change} />
      </fieldset>
      <Questions fields={widget.fields} onChange={(fields) => { change({ fields }); onShow('ask'); }} onFocus={() => onShow('ask')} />
      <fieldset class="widget-part" onFocusIn={() => onShow('home')}>
        <legend>{w.hours}</legend>
        <FollowField schedules={schedules} schedule={schedule} onFollow={onFollow} />
        {schedule === null && <HoursEditor hours={widget.hours} onChange={(hours) => change({ hours })} />}
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
      <PatiencePart patience={widget.patience} onChange={(patience) => change({ patience })} onFocus={() => onShow('leave')} />
      <fieldset class="widget-part" onFocusIn={() => onShow('home')}>
        <legend>{w.survey}</legend>
        <SurveyPart survey={widget.survey} onChange={(survey) => change({ survey })} />
      </fieldset>
    </>
  );
}

/** When the form comes to who waits in the queue, and how. */
function PatiencePart({ patience, onChange, onFocus }: { patience: Patience; onChange: (patience: Patience) => void; onFocus: () => void }) {
  const w = t();
  const { minutes = 0, then = 'offer' } = patience;
  return (
    <fieldset class="widget-part" onFocusIn={onFocus}>
      <legend>{w.patience}</legend>
      <div class="form-grid">
        <TextField
          label={w.patienceMinutes}
          hint={w.patienceHint}
          inputMode="numeric"
          maxLength={4}
          value={String(minutes)}
          onInput={(text) => onChange({ ...patience, minutes: Math.min(1_440, Number(text.replace(/\D/gu, ''))) })}
        />
      </div>
      {minutes > 0 && (['offer', 'form'] as const).map((one) => (
        <label key={one} class="toggle">
          <input type="radio" name="patience" checked={then === one} onChange={() => onChange({ ...patience, then: one })} />
          <span>{w.patiences[one]}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** Whether visitors are asked to rate, and with which words. */
function SurveyPart({ survey, onChange }: { survey: Survey; onChange: (survey: Survey) => void }) {
  const w = t();
  const { ask = true, wait_minutes: wait = 0, question = {}, tags = [] } = survey;
  const [lines, setLines] = useState({ zh: tags.map(({ zh = '' }) => zh).join('\n'), en: tags.map(({ en = '' }) => en).join('\n') });
  const tag = (language: 'zh' | 'en', text: string): void => {
    const next = { ...lines, [language]: text };
    setLines(next);
    const [zh, en] = [next.zh.split('\n'), next.en.split('\n')];
    const pairs = Array.from({ length: Math.max(zh.length, en.length) }, (_, at) => ({
      zh: (zh[at] ?? '').trim().slice(0, TAG_MAX),
      en: (en[at] ?? '').trim().slice(0, TAG_MAX),
    }));
    onChange({ ...survey, tags: pairs.filter((pair) => pair.zh || pair.en).slice(0, TAGS_MAX) });
  };
  return (
    <>
      <Checkbox on={ask} onChange={(on) => onChange({ ...survey, ask: on })}>
        {w.surveyAsk}
      </Checkbox>
      <p class="hint">{w.surveyHint}</p>
      {ask && (
        <div class="form-grid">
          <div class="wide">
            <TextField
              label={w.surveyWait}
              inputMode="numeric"
              maxLength={4}
              value={String(wait)}
              onInput={(minutes) => onChange({ ...survey, wait_minutes: Math.min(1_440, Number(minutes.replace(/\D/gu, ''))) })}
            />
          </div>
          <Both
            label={w.surveyQuestion}
            hint={w.surveyQuestionHint}
            texts={{ en: question.en ?? '', zh: question.zh ?? '' }}
            longest={100}
            onInput={(texts) => onChange({ ...survey, question: texts })}
          />
          {LANGUAGES.map((language) => (
            <TextField
              key={language}
              label={w.surveyTags(w.languages[language])}
              hint={w.surveyTagsHint}
              lines={4}
              value={lines[language]}
              onInput={(text) => tag(language, text)}
            />
          ))}
        </div>
      )}
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
