import { useState } from 'preact/hooks';
import { language } from '../kit/i18n';
import { Avatar } from '../kit/ui/Avatar';
import { Button } from '../kit/ui/Button';
import { Icon } from '../kit/ui/Icon';
import { ConditionLine } from './ConditionLine';
import { Face } from './Face';
import { Mark, Tools } from './Frame';
import { questionOf } from './RateInvite';
import { TAGS, type Tag, ratingOf, talk } from './rating';
import { h } from './homeWords';
import { reasonOf } from './reason';
import { s } from './screenWords';
import type { Screen, Visit } from './visit';
import { t } from './words';

const SCORES = [1, 2, 3, 4, 5];
const WORDS_MAX = 1_000;
type At = Extract<Screen, { at: 'rate' }>;

/** What the visitor says of a conversation that is over; what he said before stands there to be changed. */
export function RateScreen({ visit, at, onClose }: { visit: Visit; at: At; onClose: (() => void) | null }) {
  const given = ratingOf(visit.entries.value);
  const by = talk(visit.entries.value);
  const [score, setScore] = useState(at.score ?? given?.score ?? null);
  const [tags, setTags] = useState<readonly string[]>(given?.tags ?? []);
  const [text, setText] = useState(given?.text ?? '');
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState('');
  const offered = tagsOf(visit, given?.tags ?? []);
  const back = (): void => visit.show({ at: 'thread', conv: at.conv });

  const submit = async (): Promise<void> => {
    if (score === null) return setWhy(s().rateFirst);
    setBusy(true);
    try {
      await visit.rate(at.conv, { score, tags, text });
      back();
    } catch (error) {
      setWhy(reasonOf(error));
      setBusy(false);
    }
  };
  return (
    <main class="wid" aria-label={questionOf(visit)}>
      <header class="whead">
        <Button kind="ghost" size="s" icon="left" label={t().back} onPress={back} />
        {by === null ? <Mark /> : <Avatar id={by.id} name={by.name} />}
        <div class="grow">
          <h1 class="cut">{s().rateOver}</h1>
          <div class="small t3 cut">{by === null ? visit.session.inbox.name : s().rateBy(by.name, by.minutes)}</div>
        </div>
        <Tools onClose={onClose} />
      </header>
      <form class="wbody wform" onSubmit={(event) => { event.preventDefault(); void submit(); }}>
        <h2>{questionOf(visit)}</h2>
        <div class="faces" role="radiogroup" aria-label={h().rateLabel}>
          {SCORES.map((one) => (
            <label key={one} class={one === score ? 'on' : ''} title={h().scores[one - 1]}>
              <input type="radio" name="score" class="sr" value={one} checked={one === score} aria-label={h().scores[one - 1]} onChange={() => { setScore(one); setWhy(''); }} />
              <Face score={one} />
            </label>
          ))}
        </div>
        {score !== null && <p class="small t2 score-word" aria-hidden="true">{h().scores[score - 1]}</p>}
        <div class="chips" role="group" aria-label={s().tagsLabel}>
          {offered.map(({ tag, label }) => (
            <button
              key={tag}
              type="button"
              class={tags.includes(tag) ? 'on' : ''}
              aria-pressed={tags.includes(tag)}
              onClick={() => setTags(tags.includes(tag) ? tags.filter((one) => one !== tag) : [...tags, tag])}
            >
              {tags.includes(tag) && <Icon name="check" size="s" />}
              {label}
            </button>
          ))}
        </div>
        <textarea class="input" rows={4} maxLength={WORDS_MAX} value={text} placeholder={s().more} aria-label={s().moreLabel} onInput={(event) => setText(event.currentTarget.value)} />
        {why !== '' && <p class="hint bad" role="alert">{why}</p>}
        <div class="row last"><span class="small t3 grow">{given !== null && s().thanks}</span><Button type="submit" kind="prime" size="l" busy={busy}>{s().submit}</Button></div>
      </form>
      <ConditionLine visit={visit} />
    </main>
  );
}

/** The inbox's own tags, else the product's; one that he chose before stays, whatever is offered now. */
function tagsOf({ session }: Visit, chosen: readonly string[]): readonly { tag: string; label: string }[] {
  const own = (session.inbox.widget.survey.tags ?? []).map(({ en = '', zh = '' }) => ({
    tag: en || zh,
    label: language.value === 'zh' ? zh || en : en || zh,
  }));
  const offered = own.length > 0 ? own : TAGS.map((tag) => ({ tag: tag as string, label: s().tags[tag] }));
  const gone = chosen.filter((tag) => !offered.some((one) => one.tag === tag));
  return [...offered, ...gone.map((tag) => ({ tag, label: s().tags[tag as Tag] ?? tag }))];
}
