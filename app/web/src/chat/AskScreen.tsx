import { useState } from 'preact/hooks';
import { language } from '../kit/i18n';
import { wording } from '../kit/inbox';
import { Button } from '../kit/ui/Button';
import { TextField } from '../kit/ui/Field';
import { ConditionLine } from './ConditionLine';
import { Mark, Tools } from './Frame';
import { reasonOf } from './reason';
import { s } from './screenWords';
import { type Visit, wanted } from './visit';
import { t } from './words';

const KINDS = { name: 'text', email: 'email', phone: 'tel', free: 'text' } as const;
const FILLS = { name: 'name', email: 'email', phone: 'tel', free: 'off' } as const;
type Name = keyof typeof KINDS;

/** What the inbox asks before the first message, once; what is known already is not asked. */
export function AskScreen({ visit, onClose }: { visit: Visit; onClose: (() => void) | null }) {
  const { name, widget } = visit.session.inbox;
  const { fields } = widget;
  const names = wanted(fields).filter((one) => !visit.standing.value.known.includes(one));
  const consent = wording(fields.consent, language.value);
  const [answers, setAnswers] = useState<Partial<Record<Name, string>>>({});
  const [agreed, setAgreed] = useState(false);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState('');
  const label = (one: Name): string => (one === 'free' ? wording(fields.free_label, language.value) : s()[one]);
  const missing = (one: Name): boolean => fields[one] === 'required' && !answers[one]?.trim();

  const begin = async (): Promise<void> => {
    setTried(true);
    if (busy || names.some(missing) || (consent !== '' && !agreed)) return;
    setBusy(true);
    try {
      await visit.introduce({ ...answers, consent: agreed });
    } catch (error) {
      setWhy(reasonOf(error));
      setBusy(false);
    }
  };
  return (
    <main class="wid" aria-label={s().askTitle}>
      <header class="whead">
        <Button kind="ghost" size="s" icon="left" label={t().back} onPress={() => visit.show({ at: 'home' })} />
        <Mark />
        <div class="grow">
          <h1 class="cut">{s().askTitle}</h1>
          <div class="small t3 cut">{name}</div>
        </div>
        <Tools onClose={onClose} />
      </header>
      <form class="wbody wform" noValidate onSubmit={(event) => { event.preventDefault(); void begin(); }}>
        <p class="t2">{s().askLine}</p>
        {names.map((one, place) => (
          <TextField
            key={one}
            label={fields[one] === 'optional' ? `${label(one)} (${s().optional})` : label(one)}
            type={KINDS[one]}
            autocomplete={FILLS[one]}
            maxLength={200}
            value={answers[one] ?? ''}
            error={tried && missing(one) ? s().required : undefined}
            focus={place === 0}
            onInput={(value) => setAnswers({ ...answers, [one]: value })}
          />
        ))}
        {consent !== '' && (
          <div class="consent">
            <label class="check">
              <input type="checkbox" checked={agreed} onChange={(event) => setAgreed(event.currentTarget.checked)} />
              <span>{consent}</span>
            </label>
            {fields.consent_link !== '' && <a class="link" href={fields.consent_link} target="_blank" rel="noopener noreferrer">{s().readIt}</a>}
            {tried && !agreed && <p class="hint bad" role="alert">{s().consentNeeded}</p>}
          </div>
        )}
        {why !== '' && <p class="hint bad" role="alert">{why}</p>}
        <Button type="submit" kind="prime" size="l" busy={busy} class="last">{s().begin}</Button>
      </form>
      <ConditionLine visit={visit} />
    </main>
  );
}
