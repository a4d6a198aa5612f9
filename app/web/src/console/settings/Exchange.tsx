import { useRef, useState } from 'preact/hooks';
import { language, words as both } from '../../kit/i18n';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { SelectField } from '../../kit/ui/Field';
import { Table } from '../../kit/ui/Table';
import { type Desk, useDesk } from '../state/desk';
import { reason } from '../state/session';
import { t as shared } from '../words';

const KINDS = ['contacts', 'agents', 'canned_replies'] as const;
type Kind = (typeof KINDS)[number];
const NEEDS: Record<Kind, string> = { contacts: 'contacts.manage', agents: 'agents.manage', canned_replies: 'canned_replies.manage' };
const TABLES = ['contacts', 'conversations', 'tickets'] as const;
const ATTRIBUTE = 'attributes.';
const SAMPLES = 2;

const t = both({
  en: {
    lead: 'Bring contacts, agents and canned replies as CSV (UTF-8 or GB18030; comma, semicolon or tab), and take contacts, conversations and tickets along.',
    bring: 'Import',
    what: 'What the rows are',
    kinds: { contacts: 'Contacts', agents: 'Agents', canned_replies: 'Canned replies' },
    choose: 'Choose a file',
    file: 'CSV file',
    column: 'Column',
    sample: 'First rows',
    field: 'Becomes',
    skip: 'nothing, left out',
    attribute: (name: string) => `attribute “${name}”`,
    fields: {
      organisation: 'Organisation (name or external id; a new one is added)', name: 'Name', email: 'E-mail', phone: 'Phone', language: 'Language', role: 'Role', teams: 'Teams (several by ;)',
      shortcut: 'Shortcut', title: 'Title', text_en: 'English text', text_zh: 'Chinese text',
    } as Record<string, string>,
    looking: 'Looking at the file',
    ready: (rows: number, created: number, changed: number) => `${rows} rows. Of the first ones ${created} are new and ${changed} change what is there.`,
    go: (rows: number) => `Import ${rows} rows`,
    done: (created: number, changed: number) => `Imported: ${created} new, ${changed} changed.`,
    wrong: 'Nothing was imported. Correct these rows in the file, or the columns above, then choose it again.',
    row: 'Row',
    nth: (row: number) => `Row ${row}`,
    why: 'What is wrong',
    take: 'Export',
    tables: { contacts: 'Contacts', conversations: 'Conversations', tickets: 'Tickets' },
    takeNote: 'CSV for spreadsheets. Cells that a spreadsheet would carry out begin with an apostrophe. Every export stands in the audit log.',
    agentsNote: 'Agents come without a password: invite them at Agents.',
  },
  zh: {
    lead: '以 CSV 导入联系人、客服和快捷回复（UTF-8 或 GB18030；逗号、分号或制表符分隔），并导出联系人、会话和工单。',
    bring: '导入',
    what: '文件内容',
    kinds: { contacts: '联系人', agents: '客服', canned_replies: '快捷回复' },
    choose: '选择文件',
    file: 'CSV 文件',
    column: '列',
    sample: '前几行',
    field: '对应字段',
    skip: '不导入',
    attribute: (name) => `属性“${name}”`,
    fields: {
      organisation: '组织（名称或外部编号，没有则新建）', name: '名称', email: '邮箱', phone: '电话', language: '语言', role: '角色', teams: '团队（用 ; 分隔）',
      shortcut: '快捷词', title: '标题', text_en: '英文内容', text_zh: '中文内容',
    },
    looking: '正在检查文件',
    ready: (rows, created, changed) => `共 ${rows} 行。前若干行中，新增 ${created} 条，修改 ${changed} 条。`,
    go: (rows) => `导入 ${rows} 行`,
    done: (created, changed) => `已导入：新增 ${created} 条，修改 ${changed} 条。`,
    wrong: '未导入任何内容。请更正文件中的这些行或上方的列对应，然后重新选择文件。',
    row: '行',
    nth: (row) => `第 ${row} 行`,
    why: '问题',
    take: '导出',
    tables: { contacts: '联系人', conversations: '会话', tickets: '工单' },
    takeNote: '供电子表格使用的 CSV。可能被表格执行的单元格会以单引号开头。每次导出都会记入审计日志。',
    agentsNote: '导入的客服没有密码：请在“客服”中邀请他们。',
  },
});

interface Report {
  readonly done: boolean;
  readonly columns: readonly string[];
  readonly fields: readonly string[];
  readonly mapping: readonly string[];
  readonly sample: readonly (readonly string[])[];
  readonly rows: number;
  readonly created: number;
  readonly changed: number;
  readonly problems: readonly { readonly row: number; readonly column: string; readonly en: string; readonly zh: string }[];
}

/** Tables in and out. */
export function Exchange() {
  const desk = useDesk();
  const w = t();
  return (
    <>
      <div class="settings-title">
        <h2>{shared().exchange}</h2>
      </div>
      <p class="t2">{w.lead}</p>
      <Bring desk={desk} />
      <Card title={w.take}>
        <div class="card-body">
          <div class="row wrap">
            {TABLES.map((table) => (
              <Button key={table} icon="down-tray" onPress={() => void take(desk, table)}>
                {w.tables[table]}
              </Button>
            ))}
          </div>
          <p class="small t3">{w.takeNote}</p>
        </div>
      </Card>
    </>
  );
}

async function take(desk: Desk, table: string): Promise<void> {
  try {
    const address = URL.createObjectURL(await desk.api.file(`api/v1/exports/${table}`));
    const link = document.createElement('a');
    link.href = address;
    link.download = `${table}.csv`;
    link.click();
    URL.revokeObjectURL(address);
  } catch (error) {
    desk.say(reason(error));
  }
}

/** A file is chosen, looked at, its columns are mapped, and then all of it comes in or nothing. */
function Bring({ desk }: { desk: Desk }) {
  const w = t();
  const kinds = KINDS.filter((kind) => desk.may(NEEDS[kind]));
  const [kind, setKind] = useState<Kind>(kinds[0] ?? 'contacts');
  const [file, setFile] = useState<File | null>(null);
  const [report, setReport] = useState<Report | null>(null);
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState('');
  const chooser = useRef<HTMLInputElement>(null);
  const ask = async (of: File, what: Kind, mapping: readonly string[] | null, rehearse: boolean): Promise<void> => {
    setBusy(true);
    setWhy('');
    const query = new URLSearchParams({ kind: what, rehearse: rehearse ? '1' : '0', ...(mapping ? { mapping: JSON.stringify(mapping) } : {}) });
    try {
      const sent = await desk.api.send('POST', `api/v1/imports?${query.toString()}`, { 'Content-Type': 'text/csv' }, of, () => undefined, new AbortController().signal);
      setReport(JSON.parse(sent) as Report);
    } catch (error) {
      if (mapping === null) setReport(null);
      setWhy(reason(error));
    }
    setBusy(false);
  };
  const begin = (of: File | null, what: Kind): void => {
    setFile(of);
    setKind(what);
    setReport(null);
    if (of) void ask(of, what, null, true);
  };
  const map = (at: number, field: string): void => {
    if (!file || !report) return;
    const mapping = report.mapping.map((own, index) => (index === at ? field : own === field && field !== '' ? '' : own));
    setReport({ ...report, mapping });
    void ask(file, kind, mapping, true);
  };
  return (
    <Card title={w.bring}>
      <div class="card-body">
        <div class="form-grid">
          <SelectField
            label={w.what}
            value={kind}
            choices={kinds.map((value) => ({ value, label: w.kinds[value] }))}
            onChange={(value) => begin(file, value as Kind)}
          />
          <div class="field">
            <span class="label">{w.file}</span>
            <div class="row wrap">
              <Button icon="clip" busy={busy} onPress={() => chooser.current?.click()}>
                {w.choose}
              </Button>
              <span class="cut">{file?.name}</span>
            </div>
            <input
              ref={chooser}
              type="file"
              class="sr"
              tabIndex={-1}
              aria-label={w.file}
              accept=".csv,.txt,text/csv"
              onChange={(event) => {
                begin(event.currentTarget.files?.[0] ?? null, kind);
                event.currentTarget.value = '';
              }}
            />
          </div>
        </div>
        {kind === 'agents' && <p class="small t3">{w.agentsNote}</p>}
        <p class="sr" role="status">
          {busy ? w.looking : ''}
        </p>
        {why !== '' && (
          <p class="hint bad" role="alert">
            {why}
          </p>
        )}
        {report?.done && (
          <Banner icon="check">{w.done(report.created, report.changed)}</Banner>
        )}
      </div>
      {report && !report.done && file && (
        <>
          <Mapping kind={kind} report={report} onMap={map} />
          <div class="card-body">
            {report.problems.length > 0 ? (
              <Problems report={report} />
            ) : (
              <div class="form-foot wrap">
                <Button kind="prime" busy={busy} onPress={() => void ask(file, kind, report.mapping, false)}>
                  {w.go(report.rows)}
                </Button>
                <span class="small t3">{w.ready(report.rows, report.created, report.changed)}</span>
              </div>
            )}
          </div>
        </>
      )}
    </Card>
  );
}

function Mapping({ kind, report, onMap }: { kind: Kind; report: Report; onMap: (at: number, field: string) => void }) {
  const w = t();
  const choices = (column: string, held: string) => {
    const own = `${ATTRIBUTE}${column.slice(0, 60)}`;
    const attribute = held.startsWith(ATTRIBUTE) ? held : own;
    return [
      { value: '', label: w.skip },
      ...report.fields.map((field) => ({ value: field, label: w.fields[field] ?? w.attribute(field.slice(ATTRIBUTE.length)) })),
      ...(kind === 'contacts' && column !== '' && !report.fields.includes(attribute) ? [{ value: attribute, label: w.attribute(attribute.slice(ATTRIBUTE.length)) }] : []),
    ];
  };
  return (
    <Table fold label={w.field} head={[w.column, w.sample, w.field]}>
      {report.columns.map((column, at) => (
        <tr key={at}>
          <td class="mid">{column}</td>
          <td class="t2 canned-what">
            {report.sample
              .slice(0, SAMPLES)
              .map((row) => row[at] ?? '')
              .filter(Boolean)
              .join(' · ')}
          </td>
          <td>
            <select class="input mapping" aria-label={`${w.field}: ${column}`} value={report.mapping[at]} onChange={(event) => onMap(at, event.currentTarget.value)}>
              {choices(column, report.mapping[at] ?? '').map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Problems({ report }: { report: Report }) {
  const w = t();
  return (
    <>
      <Banner tone="warn" icon="warn">
        {w.wrong}
      </Banner>
      <Table fold label={w.why} head={[w.row, w.column, <span class="problem">{w.why}</span>]}>
        {report.problems.map((problem) => (
          <tr key={problem.row}>
            <td class="num mid keep">{w.nth(problem.row)}</td>
            <td>{problem.column}</td>
            <td class="t2 problem">{problem[language.value]}</td>
          </tr>
        ))}
      </Table>
    </>
  );
}
