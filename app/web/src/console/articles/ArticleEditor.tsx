import { useEffect, useState } from 'preact/hooks';
import { Problem } from '../../kit/api';
import type { ArticleBlock } from '../../kit/articles';
import { language } from '../../kit/i18n';
import { Article as Shown } from '../../kit/ui/Article';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Dialog } from '../../kit/ui/Dialog';
import { Failure } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Checkbox, Switch } from '../../kit/ui/Toggle';
import { SaveForm } from '../settings/SaveForm';
import { type Desk, useDesk } from '../state/desk';
import { follow } from '../state/router';
import { reason } from '../state/session';
import { t as words } from '../words';
import { named } from './Articles';
import { type Answer, type ArticleVersion, type Collection, EMPTY, type Form, type Spoken, blocksOf, changeOf, formOf } from './model';
import { t } from './words';

const TYPING_MS = 300;
const OTHER: Record<Spoken, Spoken> = { en: 'zh', zh: 'en' };

/** `new`, `new-en-{id}` and `new-zh-{id}` (a translation of that one), or an article's id. */
export function ArticleEditor({ id, collections }: { id: string; collections: readonly Collection[] }) {
  const desk = useDesk();
  const w = t();
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [why, setWhy] = useState('');
  const [, spoken, of] = /^new-(en|zh)-(\w{26})$/.exec(id) ?? [];
  const source = id.startsWith('new') ? of : id;
  const load = async (): Promise<void> => {
    setWhy('');
    if (source === undefined) return;
    try {
      setAnswer(await desk.api.get<Answer>(`api/v1/articles/${source}`));
    } catch (error) {
      setWhy(reason(error));
    }
  };
  useEffect(() => void load(), [source]);
  const waits = source !== undefined && answer === null;
  return (
    <>
      <a class="settings-back" href={desk.hrefOf('settings/articles')} onClick={follow(desk.router, 'settings/articles')}>{w.back}</a>
      {why !== '' && <Failure title={w.failed} reason={why} retry={<Button size="s" onPress={() => void load()}>{words().retry}</Button>} />}
      {waits && why === '' && <Skeleton label={w.loading} rows={6} />}
      {!waits && (id.startsWith('new')
        ? <Editor key={id} desk={desk} answer={null} spoken={(spoken as Spoken | undefined) ?? language.value as Spoken} translationOf={answer} collections={collections} onSaved={() => undefined} />
        : answer !== null && <Existing desk={desk} answer={answer} collections={collections} onSaved={setAnswer} onReload={() => void load()} />)}
    </>
  );
}

interface ExistingProps {
  desk: Desk;
  answer: Answer;
  collections: readonly Collection[];
  onSaved: (answer: Answer) => void;
  onReload: () => void;
}

function Existing({ desk, answer, collections, onSaved, onReload }: ExistingProps) {
  const { id, version } = answer.article;
  return (
    <>
      <Editor key={`${id} ${version}`} desk={desk} answer={answer} spoken={answer.article.language} translationOf={null} collections={collections} onSaved={onSaved} onReload={onReload} />
      <Translations desk={desk} answer={answer} />
      <Versions key={version} desk={desk} answer={answer} onSaved={onSaved} />
      {desk.may('articles.manage') && <Removal desk={desk} answer={answer} />}
    </>
  );
}

interface EditorProps {
  desk: Desk;
  answer: Answer | null;
  spoken: Spoken;
  translationOf: Answer | null;
  collections: readonly Collection[];
  onSaved: (answer: Answer) => void;
  onReload?: () => void;
}

function Editor({ desk, answer, spoken, translationOf, collections, onSaved, onReload }: EditorProps) {
  const w = t();
  const before: Form = answer === null ? startOf(translationOf) : formOf(answer.article);
  const [form, setForm] = useState<Form>(before);
  const [said, setSaid] = useState<Spoken>(spoken);
  const [stale, setStale] = useState(false);
  const set = (change: Partial<Form>): void => setForm({ ...form, ...change });
  const dirty = answer === null || Object.keys(changeOf(form, before)).length > 0;
  const save = async (): Promise<void> => {
    try {
      if (answer === null) return await create();
      onSaved(await desk.api.patch<Answer>(`api/v1/articles/${answer.article.id}`, { version: answer.article.version, ...changeOf(form, before) }));
      desk.say(w.saved);
    } catch (error) {
      setStale(error instanceof Problem && error.code === 'article_changed');
      throw error;
    }
  };
  const create = async (): Promise<void> => {
    const body = { ...changeOf(form, EMPTY), title: form.title, language: said, ...(translationOf === null ? {} : { translation_of: translationOf.article.id }) };
    const made = await desk.api.post<Answer>('api/v1/articles', body);
    desk.router.go(`settings/articles/${made.article.id}`, 'replace');
  };
  return (
    <Card title={answer === null ? w.add : answer.article.title}>
      <SaveForm dirty={dirty && desk.may('articles.manage')} fault={form.title.trim() === '' ? w.needsTitle : null} action={answer === null ? w.create : undefined} onSave={save}>
        <Facts form={form} onChange={set} collections={collections} />
        {answer === null && translationOf === null && (
          <SelectField label={w.language} value={said} choices={[{ value: 'en', label: w.en }, { value: 'zh', label: w.zh }]} onChange={(value) => setSaid(value as Spoken)} />
        )}
        <div class="article-edit">
          <TextField label={w.body} field="body" hint={w.bodyHint} lines={20} value={form.body} onInput={(body) => set({ body })} />
          <Preview desk={desk} title={form.title} body={form.body} />
        </div>
        <TextField label={w.questions} field="questions" hint={w.questionsHint} lines={4} value={form.questions} onInput={(questions) => set({ questions })} />
        <InboxChoice desk={desk} chosen={form.inbox_ids} onChange={(inbox_ids) => set({ inbox_ids })} />
        <Switch on={form.published} onChange={(published) => set({ published })}>{w.publish}</Switch>
        {stale && onReload && <Button icon="refresh" onPress={onReload}>{w.changed}</Button>}
      </SaveForm>
    </Card>
  );
}

/** A translation begins where the other one stands. */
function startOf(translationOf: Answer | null): Form {
  if (translationOf === null) return EMPTY;
  const { slug, collection_id, inbox_ids } = formOf(translationOf.article);
  return { ...EMPTY, slug, collection_id, inbox_ids };
}

function Facts({ form, onChange, collections }: { form: Form; onChange: (change: Partial<Form>) => void; collections: readonly Collection[] }) {
  const w = t();
  return (
    <div class="form-grid">
      <TextField label={w.name} field="title" maxLength={200} required value={form.title} onInput={(title) => onChange({ title })} />
      <TextField
        label={w.slug} field="slug" hint={w.slugHint} maxLength={80} value={form.slug}
        onInput={(slug) => onChange({ slug: slug.toLowerCase().replace(/[^a-z0-9-]/gu, '-') })}
      />
      <TextField label={w.summary} field="summary" hint={w.summaryHint} maxLength={300} value={form.summary} onInput={(summary) => onChange({ summary })} />
      <SelectField
        label={w.collection} field="collection_id" value={form.collection_id} onChange={(collection_id) => onChange({ collection_id })}
        choices={[{ value: '', label: w.noCollection }, ...named(collections)]}
      />
    </div>
  );
}

/** What readers see, by the server's own reading of the text. */
function Preview({ desk, title, body }: { desk: Desk; title: string; body: string }) {
  const w = t();
  const [blocks, setBlocks] = useState<readonly ArticleBlock[]>([]);
  useEffect(() => {
    const asking = new AbortController();
    const timer = setTimeout(() => void blocksOf(desk.api, body, asking.signal).then(setBlocks, () => undefined), TYPING_MS);
    return () => { clearTimeout(timer); asking.abort(); };
  }, [body]);
  return (
    <section class="field" aria-label={w.preview}>
      <span class="small t3">{w.preview}</span>
      <div class="article-preview">
        <h2>{title}</h2>
        <Shown blocks={blocks} />
      </div>
    </section>
  );
}

function InboxChoice({ desk, chosen, onChange }: { desk: Desk; chosen: readonly string[]; onChange: (chosen: readonly string[]) => void }) {
  const w = t();
  const inboxes = [...desk.people.inboxes.value.values()].filter(({ kind }) => kind === 'website');
  if (inboxes.length < 2 && chosen.length === 0) return null;
  return (
    <div class="field" role="group" aria-label={w.inboxes}>
      <span class="label">{w.inboxes}</span>
      <div class="article-inboxes">
        {inboxes.map(({ id, name }) => (
          <Checkbox key={id} on={chosen.includes(id)} onChange={(on) => onChange(on ? [...chosen, id] : chosen.filter((one) => one !== id))}>{name}</Checkbox>
        ))}
      </div>
      <div class="hint">{w.inboxesHint}</div>
    </div>
  );
}

function Translations({ desk, answer: { article, translations } }: { desk: Desk; answer: Answer }) {
  const w = t();
  const other = OTHER[article.language];
  const there = translations.find((row) => row.language === other);
  const path = there === undefined ? `settings/articles/new-${other}-${article.id}` : `settings/articles/${there.id}`;
  return (
    <Card title={w.translations}>
      <div class="card-body">
        <a class="btn" href={desk.hrefOf(path)} onClick={follow(desk.router, path)}>{there === undefined ? w.translate(w[other]) : w.openIn(w[other])}</a>
      </div>
    </Card>
  );
}

function Versions({ desk, answer: { article }, onSaved }: { desk: Desk; answer: Answer; onSaved: (answer: Answer) => void }) {
  const w = t();
  const [versions, setVersions] = useState<readonly ArticleVersion[]>([]);
  useEffect(() => {
    void desk.api.get<{ versions: ArticleVersion[] }>(`api/v1/articles/${article.id}/versions`).then((told) => setVersions(told.versions), () => undefined);
  }, []);
  const restore = async (to: number): Promise<void> => {
    try {
      onSaved(await desk.api.post<Answer>(`api/v1/articles/${article.id}/restore`, { version: article.version, to }));
      desk.say(w.restored(to));
    } catch (error) {
      desk.say(reason(error));
    }
  };
  if (versions.length < 2) return null;
  return (
    <Card title={w.versions}>
      <ul class="article-versions">
        {versions.map((one) => (
          <li key={one.version}>
            <b class="num">{w.version(one.version)}</b>
            <span class="grow cut">{one.title}</span>
            <span class="small t3">{new Date(one.at).toLocaleString(language.value)} {desk.people.colleagues.value.get(one.author_id)?.name ?? ''}</span>
            {one.version !== article.version && desk.may('articles.manage') && <Button size="s" onPress={() => void restore(one.version)}>{w.restore}</Button>}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Removal({ desk, answer: { article } }: { desk: Desk; answer: Answer }) {
  const w = t();
  const [asking, setAsking] = useState(false);
  const remove = async (): Promise<void> => {
    setAsking(false);
    try {
      await desk.api.delete(`api/v1/articles/${article.id}`);
      desk.router.go('settings/articles', 'replace');
    } catch (error) {
      desk.say(reason(error));
    }
  };
  return (
    <>
      <Button kind="harm" icon="x" onPress={() => setAsking(true)}>{w.remove}</Button>
      {asking && (
        <Dialog
          title={w.removeTitle(article.title)} onClose={() => setAsking(false)}
          actions={<><Button kind="ghost" onPress={() => setAsking(false)}>{words().cancel}</Button><Button kind="harm-prime" onPress={() => void remove()}>{w.remove}</Button></>}
        >
          <p class="t2">{w.removeWhat}</p>
        </Dialog>
      )}
    </>
  );
}
