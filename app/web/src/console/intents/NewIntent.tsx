import { useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { TextField } from '../../kit/ui/Field';
import { Problem } from '../../kit/api';
import { language } from '../../kit/i18n';
import { reason } from '../state/session';
import { t as common } from '../words';
import { useBook } from './book';
import { addPhrases, saveIntent } from './calls';
import { guessed, nameOf, pasted } from './draft';
import { NAME, emptyIntent } from './model';
import { t } from './words';

/** Beside the intent itself; the rest follows in portions. */
const FIRST_MAX = 500;

/** Asks for a title, a name and first phrases, and opens what was made of them. */
export function NewIntent({ phrases = [], onClose, onMade }: { phrases?: readonly string[]; onClose: () => void; onMade?: (name: string) => void }) {
  const book = useBook();
  const { desk } = book;
  const w = t();
  const [title, setTitle] = useState('');
  const [own, setOwn] = useState<string | null>(null);
  const [text, setText] = useState(phrases.join('\n'));
  const [state, setState] = useState({ busy: false, name: '', why: '' });
  const name = own ?? nameOf(title);
  const taken = book.all.value?.some((one) => one.intent.name === name) ?? false;
  const fault = name !== '' && !NAME.test(name) ? w.badName : taken ? w.taken : undefined;
  const make = async (): Promise<void> => {
    setState({ busy: true, name: '', why: '' });
    const made = emptyIntent(name, { [titleLanguage(title)]: title.trim() });
    const first = pasted(text, [], 'guess').added;
    try {
      await saveIntent(desk, { ...made, phrases: first.slice(0, FIRST_MAX) }, 0);
      if (first.length > FIRST_MAX) await addPhrases(desk, name, first.slice(FIRST_MAX));
      book.changed();
      onClose();
      if (onMade) onMade(name);
      else desk.router.go(`intents/${name}`);
    } catch (error) {
      const about = error instanceof Problem && error.status === 409 ? w.taken : '';
      setState({ busy: false, name: about, why: about === '' ? reason(error) : '' });
    }
  };
  return (
    <Dialog
      title={w.newTitle}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{common().cancel}</Button>
          <Button kind="prime" busy={state.busy} disabled={title.trim() === '' || name === '' || fault !== undefined} onPress={() => void make()}>
            {w.make}
          </Button>
        </>
      }
    >
      <TextField label={w.titleField} hint={w.titleHint} value={title} maxLength={200} onInput={setTitle} focus />
      <TextField label={w.name} hint={w.nameHint} value={name} maxLength={60} error={fault ?? (state.name || undefined)} onInput={setOwn} />
      <TextField label={w.firstPhrases} hint={w.firstHint} value={text} lines={5} onInput={setText} />
      {state.why !== '' && (
        <p class="hint bad" role="alert">
          {state.why}
        </p>
      )}
    </Dialog>
  );
}

/** A title in Latin letters on a Chinese page is English all the same. */
function titleLanguage(title: string) {
  return /\p{Script=Han}/u.test(title) ? guessed(title) : language.value === 'zh' && !/\p{L}/u.test(title) ? 'zh' : 'en';
}
