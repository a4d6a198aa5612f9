/** Articles in the chat: what is read much, a search as one types, one to read. Fetched when it is first shown. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Reading, Suggestion } from '../kit/articles';
import { language } from '../kit/i18n';
import { Article } from '../kit/ui/Article';
import { Button } from '../kit/ui/Button';
import { Icon } from '../kit/ui/Icon';
import { ConditionLine } from './ConditionLine';
import { Tools } from './Frame';
import { a } from './helpWords';
import { reasonOf } from './reason';
import type { Screen, Visit } from './visit';
import { t } from './words';

const TYPING_MS = 200;
const ON_HOME = 4;

interface HelpProps {
  visit: Visit;
  onClose: (() => void) | null;
}

/** What fits these words, or without words what is read most; `null` while nothing is known. */
function useArticles(visit: Visit, q: string): readonly Suggestion[] | null {
  const [found, setFound] = useState<readonly Suggestion[] | null>(null);
  const spoken = language.value;
  useEffect(() => {
    if (visit.session.token === '') return undefined; // a preview, in which nobody asks anything
    let gone = false;
    const ask = async (): Promise<void> => {
      try {
        const asked = new URLSearchParams({ q, language: spoken });
        const { articles } = await visit.api.get<{ articles: Suggestion[] }>(`api/v1/visitor/articles?${asked}`);
        if (!gone) setFound(articles);
      } catch {
        // the line at the foot says that there is no connection; what was found stays
      }
    };
    const timer = setTimeout(() => void ask(), q === '' ? 0 : TYPING_MS);
    return () => { gone = true; clearTimeout(timer); };
  }, [q, spoken, visit]);
  return found;
}

/** On the home page: what is read most, and the way to the rest. Nothing where there are no articles. */
export function HelpSection({ visit }: { visit: Visit }) {
  const found = useArticles(visit, '');
  if (found === null || found.length === 0) return null;
  return (
    <section aria-label={a().help}>
      <h2 class="small t3">{a().popular}</h2>
      <List found={found.slice(0, ON_HOME)} onOpen={(id) => visit.show({ at: 'article', id, q: null })} />
      <button type="button" class="help-all" onClick={() => visit.show({ at: 'help', q: '' })}>
        <Icon name="search" size="s" /> {a().all}
      </button>
    </section>
  );
}

export function HelpScreen({ visit, at, onClose }: HelpProps & { at: Extract<Screen, { at: 'help' }> }) {
  const [q, setQ] = useState(at.q);
  const found = useArticles(visit, q.trim());
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const told = found === null ? '' : found.length === 0 ? a().none : q.trim() === '' ? '' : a().found(found.length);
  return (
    <main class="wid" aria-label={a().help}>
      <header class="whead">
        <Button kind="ghost" size="s" icon="left" label={t().back} onPress={() => visit.show({ at: 'home' })} />
        <h1 class="grow cut">{a().help}</h1>
        <Tools onClose={onClose} />
      </header>
      <div class="wbody home">
        <input
          ref={field} type="search" class="help-field" aria-label={a().search} placeholder={a().search} maxLength={200} value={q}
          autocomplete="off" onInput={(event) => setQ(event.currentTarget.value)}
        />
        <p role="status" class="small t3">{told}</p>
        {found !== null && <List found={found} onOpen={(id) => visit.show({ at: 'article', id, q })} />}
        <AskUs visit={visit} words={a().stillAsk} />
      </div>
      <ConditionLine visit={visit} />
    </main>
  );
}

export function ArticleScreen({ visit, at, onClose }: HelpProps & { at: Extract<Screen, { at: 'article' }> }) {
  const { q } = at;
  const [read, setRead] = useState<Reading | null>(null);
  const [why, setWhy] = useState('');
  const body = useRef<HTMLDivElement>(null);
  const open = async (path: string): Promise<void> => {
    setWhy('');
    try {
      const { article } = await visit.api.get<{ article: Reading }>(path);
      setRead(article);
      body.current?.scrollTo(0, 0);
    } catch (error) {
      setWhy(reasonOf(error) || a().gone);
    }
  };
  useEffect(() => void open(`api/v1/visitor/articles/${at.id}`), [at.id]);
  const other = read === null ? undefined : Object.entries(read.translations).find(([spoken]) => spoken !== read.language)?.[1];
  return (
    <main class="wid" aria-label={read?.title ?? a().help} aria-busy={read === null && why === ''}>
      <header class="whead">
        <Button kind="ghost" size="s" icon="left" label={t().back} onPress={() => visit.show(q === null ? { at: 'home' } : { at: 'help', q })} />
        <b class="grow cut">{a().help}</b>
        <Tools onClose={onClose} />
      </header>
      <div class="wbody help-read" ref={body}>
        {why !== '' && <p class="hint bad" role="alert">{why}</p>}
        {read !== null && (
          <article lang={read.language === 'zh' ? 'zh-CN' : 'en'}>
            <h1>{read.title}</h1>
            <Article
              blocks={read.blocks}
              onOpen={(slug) => void open(`api/v1/visitor/articles/at?${new URLSearchParams({ slug, language: read.language })}`)}
            />
          </article>
        )}
        {read !== null && other !== undefined && read.language !== language.value && (
          <Button kind="ghost" size="s" onPress={() => void open(`api/v1/visitor/articles/${other}`)}>{read.language === 'zh' ? a().readIn.en : a().readIn.zh}</Button>
        )}
        {read !== null && <Helped key={read.id} visit={visit} id={read.id} />}
        <AskUs visit={visit} words={a().ask} />
      </div>
      <ConditionLine visit={visit} />
    </main>
  );
}

function Helped({ visit, id }: { visit: Visit; id: string }) {
  const [said, setSaid] = useState<boolean | null>(null);
  const vote = async (helpful: boolean): Promise<void> => {
    try {
      await visit.api.put(`api/v1/visitor/articles/${id}/vote`, { helpful });
      setSaid(helpful);
    } catch {
      // not counted; he may press again
    }
  };
  return (
    <div class="help-vote">
      <p role="status">{said === null ? a().helped : a().thanks}</p>
      {said === null && (
        <span class="row">
          <Button size="s" onPress={() => void vote(true)}>{a().yes}</Button>
          <Button size="s" onPress={() => void vote(false)}>{a().no}</Button>
        </span>
      )}
    </div>
  );
}

/** Leads into the chat, or where nobody can come to the form. */
function AskUs({ visit, words }: { visit: Visit; words: string }) {
  return (
    <Button kind="ghost" icon="chat" onPress={() => visit.show(visit.away.value ? { at: 'leave' } : { at: 'thread', conv: null })}>
      {words}
    </Button>
  );
}

function List({ found, onOpen }: { found: readonly Suggestion[]; onOpen: (id: string) => void }) {
  return (
    <ul class="arts">
      {found.map(({ id, title, summary }) => (
        <li key={id}>
          <button type="button" onClick={() => onOpen(id)}>
            <Icon name="book" />
            <span class="grow said-last"><span>{title}</span><span class="cut small t3">{summary}</span></span>
            <Icon name="right" size="s" />
          </button>
        </li>
      ))}
    </ul>
  );
}
