import { useEffect, useRef, useState } from 'preact/hooks';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { language as spoken, sentences } from '../../kit/i18n';
import { reason } from '../state/session';
import { useBook } from './book';
import { type PhrasePage, type StoredPhrase, addPhrases, readPhrases, removePhrases } from './calls';
import { duplicates, pasted } from './draft';
import { count as figure } from './figures';
import { PHRASE_CHARACTERS_MAX, type SpokenLanguage } from './model';
import { Awaited } from './parts';
import { t } from './words';

const PAUSE_MS = 250;
const FEW = 5;
const ORIGINS = ['own', 'starter', 'correction', 'review'] as const;

interface PhrasesProps {
  readonly name: string;
  readonly count: number;
  readonly may: boolean;
  /** By how many there are more or fewer now. */
  readonly onChanged: (by: number) => void;
}

/** What visitors say for it: found, added by paste, put in its language, taken away; stored at once, one by one. */
export function PhrasesTab({ name, count, may, onChanged }: PhrasesProps) {
  const book = useBook();
  const { desk } = book;
  const w = t();
  const list = usePhrases(name);
  const { rows, why, next, query, narrow, reload, more } = list;
  const narrowed = query.q !== '' || query.language !== '' || query.origin !== '';
  const twice = duplicates(rows ?? []);
  const act = async (what: () => Promise<unknown>, by: number, told: string): Promise<void> => {
    try {
      await what();
      desk.say(told);
      onChanged(by);
      reload();
    } catch (error) {
      desk.say(reason(error));
    }
  };
  const turn = (phrase: StoredPhrase, language: SpokenLanguage): Promise<void> =>
    act(
      async () => {
        await removePhrases(desk, name, [phrase.id]);
        await addPhrases(desk, name, [{ text: phrase.text, language, origin: phrase.origin }]);
      },
      0,
      w.phraseTurned,
    );
  return (
    <>
      {may && <AddPhrases name={name} held={rows ?? []} onAdded={(by) => (onChanged(by), reload())} />}
      <Card title={w.tabs.phrases} note={<span class="num">{figure(count)}</span>}>
        <Awaited ready={rows !== null} why={why} title={w.phrasesFailed} retry={reload} rows={6}>
          {rows?.length === 0 && !narrowed ? (
            <Empty icon="chat" title={w.noPhrases}>
              {w.noPhrasesNext}
            </Empty>
          ) : (
            <>
              <div class="card-body intents-filter">
                <TextField label={w.findPhrase} value={query.q} maxLength={100} onInput={(q) => narrow({ ...query, q })} />
                <SelectField
                  label={w.language}
                  value={query.language}
                  choices={[{ value: '', label: w.anyLanguage }, { value: 'zh', label: w.languages.zh }, { value: 'en', label: w.languages.en }]}
                  onChange={(language) => narrow({ ...query, language: language as SpokenLanguage })}
                />
                <SelectField
                  label={w.origin}
                  value={query.origin}
                  choices={[{ value: '', label: w.anyOrigin }, ...ORIGINS.map((value) => ({ value, label: w.origins[value] ?? value }))]}
                  onChange={(origin) => narrow({ ...query, origin })}
                />
              </div>
              {count < FEW && !narrowed && <p class="intents-remark small t2">{w.fewPhrases}</p>}
              <ul class="phrases" aria-label={w.tabs.phrases}>
                {rows?.map((phrase, index) => (
                  <li key={phrase.id} class="phrase-row">
                    <span class="grow phrase-text" lang={phrase.language === 'zh' ? 'zh-CN' : phrase.language || undefined}>
                      {phrase.text} {twice.has(index) && <Badge tone="warn">{w.twice}</Badge>}
                      {phrase.also.map((other) => (
                        <Badge key={other} tone="danger">
                          {w.alsoIn(book.titleOf(other))}
                        </Badge>
                      ))}
                    </span>
                    <span class="small t3 phrase-origin">{w.origins[phrase.origin] ?? phrase.origin}</span>
                    <select
                      class="phrase-language"
                      aria-label={w.languageOf(phrase.text)}
                      disabled={!may}
                      value={phrase.language}
                      onChange={(event) => void turn(phrase, event.currentTarget.value as SpokenLanguage)}
                    >
                      {(['', 'zh', 'en'] as const).map((value) => (
                        <option key={value} value={value} selected={value === phrase.language}>
                          {value === '' ? w.anyLanguage : w.languages[value]}
                        </option>
                      ))}
                    </select>
                    {may && <Button kind="ghost" size="s" icon="x" label={w.dropPhrase(phrase.text)} onPress={() => void act(() => removePhrases(desk, name, [phrase.id]), -1, w.dropped(phrase.text))} />}
                  </li>
                ))}
              </ul>
              {rows?.length === 0 && <Empty icon="search" title={w.noPhraseFits} action={<Button onPress={() => narrow({ q: '', language: '', origin: '' })}>{w.clear}</Button>} />}
              {next !== null && (
                <div class="card-foot">
                  <Button size="s" onPress={more}>
                    {w.morePhrases}
                  </Button>
                  <span class="small t3 num">{w.shownOf(figure(rows?.length ?? 0), figure(count))}</span>
                </div>
              )}
            </>
          )}
        </Awaited>
      </Card>
    </>
  );
}

const EVERY = { q: '', language: '' as SpokenLanguage, origin: '' };

/** A page after the other; narrowed a moment after the last key. An older answer never replaces a newer one. */
function usePhrases(name: string) {
  const { desk } = useBook();
  const [query, setQuery] = useState(EVERY);
  const [page, setPage] = useState<PhrasePage | null>(null);
  const [why, setWhy] = useState('');
  const [tries, setTries] = useState(0);
  const round = useRef(0);
  useEffect(() => {
    const mine = (round.current += 1);
    const cancel = desk.clock.after(page === null ? 0 : PAUSE_MS, () => {
      readPhrases(desk, name, query).then(
        (held) => mine === round.current && (setPage(held), setWhy('')),
        (error: unknown) => mine === round.current && setWhy(reason(error)),
      );
    });
    return cancel;
  }, [name, query, tries]);
  const more = (): void => {
    if (page?.next == null) return;
    const mine = (round.current += 1);
    readPhrases(desk, name, query, page.next).then(
      (held) => mine === round.current && setPage({ phrases: [...page.phrases, ...held.phrases], next: held.next }),
      (error: unknown) => desk.say(reason(error)),
    );
  };
  return { rows: page?.phrases ?? null, next: page?.next ?? null, why, query, narrow: setQuery, reload: () => setTries((held) => held + 1), more };
}

/** One phrase, or many lines at once; each in its own language. */
function AddPhrases({ name, held, onAdded }: { name: string; held: readonly StoredPhrase[]; onAdded: (by: number) => void }) {
  const book = useBook();
  const w = t();
  const [text, setText] = useState('');
  const [language, setLanguage] = useState<SpokenLanguage | 'guess'>('guess');
  const [state, setState] = useState({ busy: false, told: '', why: '' });
  const { added, known, tooLong } = pasted(text, held, language);
  const add = async (): Promise<void> => {
    if (added.length === 0) return;
    setState({ busy: true, told: '', why: '' });
    try {
      const answer = await addPhrases(book.desk, name, added);
      const clashes = answer.contradictions.map(({ text: said, intents }) => w.clashes(said, intents.filter((one) => one !== name).map((one) => book.titleOf(one)).join(spoken.value === 'zh' ? '、' : ', ')));
      setState({ busy: false, told: sentences(w.addedPhrases(answer.added), known + answer.known > 0 ? w.knownPhrases(known + answer.known) : '', tooLong > 0 ? w.tooLong(tooLong, PHRASE_CHARACTERS_MAX) : ''), why: clashes.slice(0, 3).join(' ') });
      setText('');
      onAdded(answer.added);
    } catch (error) {
      setState({ busy: false, told: '', why: reason(error) });
    }
  };
  return (
    <Card title={w.addTitle}>
      <form
        class="card-body phrase-add"
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        <TextField
          label={w.addLabel}
          hint={text.trim() === '' ? state.told || w.addHint : w.addWould(added.length, known, tooLong)}
          error={text.trim() === '' && state.why !== '' ? state.why : undefined}
          lines={3}
          value={text}
          onInput={setText}
        />
        <SelectField
          label={w.language}
          value={language}
          choices={[{ value: 'guess', label: w.guess }, { value: 'zh', label: w.languages.zh }, { value: 'en', label: w.languages.en }, { value: '', label: w.anyLanguage }]}
          onChange={(value) => setLanguage(value as typeof language)}
        />
        <Button type="submit" icon="plus" busy={state.busy} disabled={added.length === 0}>
          {added.length > 1 ? w.addMany(added.length) : w.addOne}
        </Button>
      </form>
    </Card>
  );
}
