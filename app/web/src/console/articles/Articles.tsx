import { useEffect, useState } from 'preact/hooks';
import { language } from '../../kit/i18n';
import { base } from '../../kit/place';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty, Failure } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { type Desk, useDesk } from '../state/desk';
import { follow } from '../state/router';
import { t as words } from '../words';
import { ArticleEditor } from './ArticleEditor';
import { ArticleFiles } from './ArticleFiles';
import { Collections } from './Collections';
import { type ArticleRow, type Collection, EVERYTHING, type Filters, PAGE, articlesOf, collectionsOf, nameOf } from './model';
import { t } from './words';

const TYPING_MS = 250;

/** Articles: the list, or the one that the address names. */
export function Articles() {
  const desk = useDesk();
  const route = desk.router.route.value;
  const item = route.page === 'settings' && route.section === 'articles' ? route.item : null;
  const [collections, setCollections] = useState<readonly Collection[]>([]);
  const load = (): void => void collectionsOf(desk.api).then(setCollections, () => undefined);
  useEffect(load, []);
  if (item !== null) return <ArticleEditor key={item} id={item} collections={collections} />;
  return <ListPage collections={collections} onCollections={load} />;
}

function ListPage({ collections, onCollections }: { collections: readonly Collection[]; onCollections: () => void }) {
  const desk = useDesk();
  const w = t();
  const may = desk.may('articles.manage');
  const [brought, setBrought] = useState(0); // how often files came in: the list is another then
  return (
    <>
      <div class="settings-title">
        <h2>{w.title}</h2>
        <span class="end row">
          <a class="btn ghost" href={`${base}help`} target="_blank" rel="noopener">{w.open}</a>
          <Button icon="plus" disabled={!may} reason={may ? undefined : words().notAllowed} onPress={() => desk.router.go('settings/articles/new')}>
            {w.add}
          </Button>
        </span>
      </div>
      <p class="t2">{w.lead}</p>
      <Card><List key={brought} desk={desk} collections={collections} /></Card>
      {may && <Collections collections={collections} onChange={onCollections} />}
      {may && <ArticleFiles onDone={() => { setBrought(brought + 1); onCollections(); }} />}
    </>
  );
}

interface Page {
  readonly articles: readonly ArticleRow[];
  readonly total: number;
}

function List({ desk, collections }: { desk: Desk; collections: readonly Collection[] }) {
  const w = t();
  const [filters, setFilters] = useState<Filters>(EVERYTHING);
  const [offset, setOffset] = useState(0);
  const [page, setPage] = useState<Page | 'failed' | null>(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let gone = false;
    const ask = (): void => void articlesOf(desk.api, filters, offset).then((found) => gone || setPage(found), () => gone || setPage('failed'));
    const timer = setTimeout(ask, page === null ? 0 : TYPING_MS);
    return () => { gone = true; clearTimeout(timer); };
  }, [filters, offset, tries]);
  const narrow = (change: Partial<Filters>): void => { setOffset(0); setFilters({ ...filters, ...change }); };
  return (
    <>
      <div class="card-body">
        <div class="article-filters">
          <TextField label={w.find} value={filters.q} maxLength={100} onInput={(q) => narrow({ q })} />
          <SelectField
            label={w.collection} value={filters.collection} onChange={(collection) => narrow({ collection })}
            choices={[{ value: '', label: w.anyCollection }, ...named(collections), { value: '-', label: w.noCollection }]}
          />
          <SelectField
            label={w.language} value={filters.language} onChange={(spoken) => narrow({ language: spoken as Filters['language'] })}
            choices={[{ value: '', label: w.anyLanguage }, { value: 'en', label: w.en }, { value: 'zh', label: w.zh }]}
          />
          <SelectField
            label={w.state} value={filters.published} onChange={(published) => narrow({ published: published as Filters['published'] })}
            choices={[{ value: '-1', label: w.anyState }, { value: '1', label: w.published }, { value: '0', label: w.draft }]}
          />
        </div>
      </div>
      {page === null && <Skeleton label={w.loading} rows={5} />}
      {page === 'failed' && <Failure title={w.failed} reason="" retry={<Button size="s" icon="refresh" onPress={() => setTries(tries + 1)}>{words().retry}</Button>} />}
      {page !== null && page !== 'failed' && <Rows desk={desk} page={page} collections={collections} />}
      {page !== null && page !== 'failed' && page.total > PAGE && <Turn offset={offset} total={page.total} onTurn={setOffset} />}
    </>
  );
}

function Rows({ desk, page, collections }: { desk: Desk; page: Page; collections: readonly Collection[] }) {
  const w = t();
  if (page.total === 0) return <Empty icon="book" title={w.none}>{w.noneNext}</Empty>;
  return (
    <Table fold label={w.title} head={[w.name, w.collection, w.language, w.state, w.views, w.helped]}>
      {page.articles.map((row) => {
        const collection = collections.find(({ id }) => id === row.collection_id);
        const path = `settings/articles/${row.id}`;
        return (
          <tr key={row.id}>
            <td><a href={desk.hrefOf(path)} onClick={follow(desk.router, path)}>{row.title}</a><div class="small t3 cut">{row.summary}</div></td>
            <td>{collection === undefined ? '–' : nameOf(collection, language.value)}</td>
            <td>{w[row.language]}</td>
            <td>{row.published ? <Badge tone="ok">{w.published}</Badge> : <Badge>{w.draft}</Badge>}</td>
            <td class="num">{row.views.toLocaleString(language.value)}</td>
            <td class="num">{w.share(row.helpful, row.helpful + row.unhelpful)}</td>
          </tr>
        );
      })}
    </Table>
  );
}

function Turn({ offset, total, onTurn }: { offset: number; total: number; onTurn: (offset: number) => void }) {
  const w = t();
  return (
    <div class="article-pages">
      <span class="small t3 num">{w.range(offset + 1, Math.min(offset + PAGE, total), total)}</span>
      <Button kind="ghost" size="s" icon="left" label={w.previous} disabled={offset === 0} onPress={() => onTurn(offset - PAGE)} />
      <Button kind="ghost" size="s" icon="right" label={w.next} disabled={offset + PAGE >= total} onPress={() => onTurn(offset + PAGE)} />
    </div>
  );
}

export function named(collections: readonly Collection[]) {
  return collections.map((one) => ({ value: one.id, label: nameOf(one, language.value) }));
}
