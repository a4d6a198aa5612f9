import { useEffect, useState } from 'preact/hooks';
import { language } from '../../kit/i18n';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { SelectField } from '../../kit/ui/Field';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import { handedOver, percent, summary, t } from './botWords';
import type { Shown } from './pending';

type Verdict = 'right' | 'wrong' | 'this';

interface Known {
  readonly name: string;
  readonly title: Readonly<Record<string, string>>;
}

interface BotMarkProps {
  desk: Desk;
  conv: string;
  entry: Shown;
}

/** What the bot took a message for, and how surely; one press says whether that was right, or what it is. */
export function BotMark({ desk, conv, entry }: BotMarkProps) {
  const w = t();
  const [told, setTold] = useState<Verdict | null>(null);
  const [choosing, setChoosing] = useState(false);
  const data = entry.data ?? {};
  const of = data['of'];
  if (of === undefined) return null;
  const name = data['intent'] ?? '';
  const teach = async (verdict: Verdict, intent: string): Promise<void> => {
    try {
      await desk.api.post('api/v1/intents/corrections', { verdict, conversation_id: conv, message_id: of, intent });
      setTold(verdict);
      desk.say(w.taught);
    } catch (error) {
      desk.say(reason(error));
    }
    setChoosing(false);
  };
  const may = desk.may('conversations.write');
  return (
    <>
      <span class="small t3" title={w.by(w.tiers[data['tier'] ?? 'none'] ?? '')}>{name ? w.mark(titleOf(data, name), percent(data['confidence'])) : w.nothing}</span>
      {may && name && (
        <>
          <Button kind="ghost" size="s" icon="check" label={w.right} pressed={told === 'right'} onPress={() => void teach('right', name)} />
          <Button kind="ghost" size="s" icon="x" label={w.wrong} pressed={told === 'wrong'} onPress={() => void teach('wrong', '')} />
        </>
      )}
      {may && <Button kind="ghost" size="s" icon="pen" label={w.is} pressed={told === 'this'} onPress={() => setChoosing(true)} />}
      {choosing && <Choice desk={desk} taken={name} onChoose={(intent) => void teach('this', intent)} onClose={() => setChoosing(false)} />}
    </>
  );
}

/** That it hands over, or what colleagues have to know of it. */
export function BotLine({ entry }: { entry: Shown }) {
  const data = entry.data ?? {};
  return <>{data['event'] === 'bot_summary' ? summary(data) : handedOver(entry.sender.name, data['reason'] ?? '')}</>;
}

function titleOf(title: Readonly<Record<string, string>>, name: string): string {
  return title[`title_${language.value}`] ?? title[language.value] ?? title['en'] ?? name;
}

interface ChoiceProps {
  desk: Desk;
  taken: string;
  onChoose: (intent: string) => void;
  onClose: () => void;
}

/** All intents by title; they are fetched when they are first wanted. */
function Choice({ desk, taken, onChoose, onClose }: ChoiceProps) {
  const w = t();
  const [known, setKnown] = useState<readonly Known[] | null>(null);
  const [intent, setIntent] = useState(taken);
  useEffect(() => {
    desk.api.get<{ intents: readonly { intent: Known }[] }>('api/v1/intents').then(
      ({ intents }) => setKnown(intents.map((one) => one.intent)),
      (error: unknown) => {
        desk.say(reason(error));
        onClose();
      },
    );
  }, []);
  const choices = (known ?? []).map(({ name, title }) => ({ value: name, label: titleOf(title, name) }));
  choices.sort((one, other) => one.label.localeCompare(other.label));
  const save = (
    <Button kind="prime" disabled={intent === '' || known === null} onPress={() => onChoose(intent)}>
      {w.save}
    </Button>
  );
  return (
    <Dialog title={w.which} onClose={onClose} actions={save}>
      {known === null ? (
        <p class="t2">{w.loading}</p>
      ) : (
        <SelectField label={w.search} value={intent} choices={[{ value: '', label: w.none }, ...choices]} onChange={setIntent} />
      )}
    </Dialog>
  );
}
