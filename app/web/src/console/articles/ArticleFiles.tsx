import { useRef, useState } from 'preact/hooks';
import { language } from '../../kit/i18n';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Table } from '../../kit/ui/Table';
import { Checkbox } from '../../kit/ui/Toggle';
import { useDesk } from '../state/desk';
import { reason } from '../state/session';
import { t } from './words';

const KINDS = '.md,.markdown,.html,.htm,.csv,.tsv,.xlsx,.zip';
const WRONG_SHOWN = 20;

interface Report {
  readonly done: boolean;
  readonly articles: number;
  readonly created_collections: number;
  readonly sample: readonly { readonly file: string; readonly title: string; readonly language: 'en' | 'zh'; readonly collection: string; readonly published: boolean }[];
  readonly problems: readonly { readonly file: string; readonly line: number; readonly en: string; readonly zh: string }[];
}

/** A file is chosen, looked at, and then all of it comes in or nothing; and all articles go out. */
export function ArticleFiles({ onDone }: { onDone: () => void }) {
  const desk = useDesk();
  const w = t();
  const [file, setFile] = useState<File | null>(null);
  const [draft, setDraft] = useState(false);
  const [report, setReport] = useState<Report | null>(null);
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState('');
  const chooser = useRef<HTMLInputElement>(null);
  const ask = async (of: File, rehearse: boolean): Promise<void> => {
    setBusy(true);
    setWhy('');
    const query = new URLSearchParams({ name: of.name, rehearse: rehearse ? '1' : '0', draft: draft ? '1' : '0' });
    try {
      const sent = await desk.api.send('POST', `api/v1/article-imports?${query}`, { 'Content-Type': 'application/octet-stream' }, of, () => undefined, new AbortController().signal);
      const told = JSON.parse(sent) as Report;
      setReport(told);
      if (told.done) onDone();
    } catch (error) {
      setReport(null);
      setWhy(reason(error));
    }
    setBusy(false);
  };
  const choose = (chosen: File | undefined): void => {
    if (chosen === undefined) return;
    setFile(chosen);
    void ask(chosen, true);
  };
  const ready = report !== null && !report.done && report.problems.length === 0;
  return (
    <Card title={w.files}>
      <div class="card-body">
        <p class="t2">{w.filesLead}</p>
        <div class="row wrap">
          <Button icon="up" busy={busy} onPress={() => chooser.current?.click()}>{w.choose}</Button>
          <Button icon="down-tray" onPress={() => void take('markdown')}>{w.takeMarkdown}</Button>
          <Button icon="down-tray" onPress={() => void take('csv')}>{w.takeCsv}</Button>
        </div>
        <input
          ref={chooser} type="file" accept={KINDS} hidden aria-label={w.choose}
          onChange={(event) => { choose(event.currentTarget.files?.[0]); event.currentTarget.value = ''; }}
        />
        <Checkbox on={draft} onChange={setDraft}>{w.asDrafts}</Checkbox>
        {why !== '' && <p class="hint bad" role="alert">{why}</p>}
        {report?.done && <Banner tone="ok" icon="check">{w.imported(report.articles)}</Banner>}
        {ready && file !== null && (
          <div class="row wrap">
            <span role="status">{w.ready(report.articles, report.created_collections)}</span>
            <Button kind="prime" busy={busy} onPress={() => void ask(file, false)}>{w.importAll(report.articles)}</Button>
          </div>
        )}
        {report !== null && report.problems.length > 0 && <p class="hint bad" role="alert">{w.wrong}</p>}
      </div>
      {report !== null && report.problems.length > 0 && (
        <Table fold label={w.wrong} head={[w.file, w.line, w.why]}>
          {report.problems.slice(0, WRONG_SHOWN).map((one, at) => (
            <tr key={at}><td>{one.file}</td><td class="num">{one.line}</td><td>{language.value === 'zh' ? one.zh : one.en}</td></tr>
          ))}
        </Table>
      )}
      {ready && (
        <Table fold label={w.files} head={[w.name, w.language, w.collection, w.file]}>
          {report.sample.map((one, at) => (
            <tr key={at}><td>{one.title}</td><td>{w[one.language]}</td><td>{one.collection || '–'}</td><td class="t3">{one.file}</td></tr>
          ))}
        </Table>
      )}
    </Card>
  );

  async function take(format: 'markdown' | 'csv'): Promise<void> {
    try {
      const address = URL.createObjectURL(await desk.api.file(`api/v1/article-exports?format=${format}`));
      const link = document.createElement('a');
      link.href = address;
      link.download = format === 'csv' ? 'articles.csv' : 'articles.zip';
      link.click();
      URL.revokeObjectURL(address);
    } catch (error) {
      desk.say(reason(error));
    }
  }
}
