/** Phrases in the files of other products, and back: Rasa NLU as YAML, Dialogflow and plain tables as CSV. */
import type { Desk } from '../state/desk';
import { listIntents, readPhrases } from './calls';

export const FORMATS = ['csv', 'rasa', 'dialogflow'] as const;
export type Format = (typeof FORMATS)[number];

export interface Line {
  readonly intent: string;
  readonly language: string;
  readonly text: string;
}

const PAGE = 200;

/** The file as the table that the server takes; a table stays as it is. Null where it holds no phrase. */
export async function tableOf(file: Blob, format: Format): Promise<Blob | null> {
  if (format === 'csv') return file.size === 0 ? null : file;
  const text = await file.text();
  const lines = format === 'rasa' ? fromRasa(text) : fromDialogflow(text);
  if (lines.length === 0) return null;
  const rows = lines.map(({ intent, language, text: said }) => [plain(intent), language, plain(said)].join('\t'));
  return new Blob([['intent\tlanguage\ttext', ...rows].join('\n'), '\n']);
}

function plain(text: string): string {
  return text.replace(/[\t\r\n]+/gu, ' ').trim();
}

/** A name as ours are: `Order Status` is `order_status`. */
export function named(name: string): string {
  return name
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, '_')
    .replace(/^_+|_+$/gu, '')
    .slice(0, 60);
}

/** `nlu` of Rasa 2 and 3: `- intent: name`, then `examples: |` with lines `- text`; entities lose their marks. */
export function fromRasa(yaml: string): readonly Line[] {
  const found: Line[] = [];
  let intent = '';
  let edge = -1; // how far `examples` is indented; its lines stand further in
  for (const line of yaml.split(/\r?\n/u)) {
    if (/^\s*(#|$)/u.test(line)) continue;
    const indent = line.length - line.trimStart().length;
    const head = /^\s*-\s+(intent|lookup|synonym|regex):\s*["']?([^"'#]+?)["']?\s*$/u.exec(line);
    if (head) {
      intent = head[1] === 'intent' ? named(head[2] ?? '') : '';
      edge = -1;
    } else if (/^\s*examples:/u.test(line)) edge = indent;
    else if (edge >= 0 && indent <= edge) edge = -1;
    else if (edge >= 0 && intent !== '') {
      const example = /^\s*-\s*(?:text:\s*\|?)?\s*(.+)$/u.exec(line)?.[1];
      if (example) found.push({ intent, language: '', text: withoutMarks(example.trim()) });
    }
  }
  return found;
}

/** `[Berlin](city)` and `[NY]{"entity": "city"}` are their words. */
function withoutMarks(text: string): string {
  return text.replace(/\[([^\]]*)\](\([^)]*\)|\{[^}]*\})/gu, '$1');
}

/** Rows of Dialogflow: its own columns where the first line names them, else `phrase,intent`. */
export function fromDialogflow(csv: string): readonly Line[] {
  const [head = [], ...rest] = rowsOf(csv);
  const names = head.map((cell) => cell.trim().toLowerCase().replace(/\s+/gu, '_'));
  const column = (...wanted: readonly string[]): number => names.findIndex((name) => wanted.includes(name));
  const intent = column('intent_display_name', 'intent', 'intent_name', 'display_name');
  const text = column('phrase', 'text', 'training_phrase', 'training_phrases', 'utterance');
  const language = column('language', 'language_code', 'lang');
  const titled = intent >= 0 && text >= 0;
  return (titled ? rest : [head, ...rest])
    .map((row) => ({
      intent: named(row[titled ? intent : 1] ?? ''),
      language: (row[language] ?? '').slice(0, 2).toLowerCase(),
      text: (row[titled ? text : 0] ?? '').trim(),
    }))
    .filter((line) => line.intent !== '' && line.text !== '')
    .map((line) => ({ ...line, language: /^(zh|en)$/u.test(line.language) ? line.language : '' }));
}

/** The cells of a CSV, quotes as RFC 4180 has them. */
export function rowsOf(csv: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const text = csv.replace(/^\uFEFF/u, '');
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] as string;
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') cell += text[(at += 1)];
      else quoted = false;
    } else if (sign === '"' && cell === '') quoted = true;
    else if (sign === ',') {
      row.push(cell);
      cell = '';
    } else if (sign === '\n') {
      rows.push([...row, cell.replace(/\r$/u, '')]);
      row = [];
      cell = '';
    } else cell += sign;
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell]);
  return rows.filter((cells) => cells.some((one) => one.trim() !== ''));
}

/** All phrases in this form. */
export function written(lines: readonly Line[], format: Format): string {
  if (format === 'rasa') return asRasa(lines);
  const head = format === 'csv' ? ['intent', 'language', 'text'] : ['Intent Display Name', 'Language', 'Phrase'];
  return [head, ...lines.map(({ intent, language, text }) => [intent, language, text])].map((row) => row.map(cellOf).join(',')).join('\r\n') + '\r\n';
}

/** A spreadsheet would carry out what begins so: an apostrophe before it makes it words. */
function cellOf(text: string): string {
  const safe = /^[=+\-@\t]/u.test(text) ? `'${text}` : text;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function asRasa(lines: readonly Line[]): string {
  const by = new Map<string, string[]>();
  for (const { intent, text } of lines) by.set(intent, [...(by.get(intent) ?? []), text]);
  const parts = [...by].map(([intent, texts]) => `- intent: ${intent}\n  examples: |\n${texts.map((text) => `    - ${plain(text)}\n`).join('')}`);
  return `version: "3.1"\n\nnlu:\n${parts.join('')}`;
}

/** Collects every phrase, page by page, and lets the browser save them. */
export async function exportIntents(desk: Desk, format: Format): Promise<void> {
  const lines: Line[] = [];
  for (const { intent } of await listIntents(desk)) {
    let before: string | null = '';
    while (before !== null) {
      const page: Awaited<ReturnType<typeof readPhrases>> = await readPhrases(desk, intent.name, { q: '', language: '', origin: '' }, before, PAGE);
      lines.push(...page.phrases.map(({ text, language }) => ({ intent: intent.name, language, text })));
      before = page.next;
    }
  }
  const address = URL.createObjectURL(new Blob([format === 'rasa' ? '' : '\uFEFF', written(lines, format)]));
  const link = document.createElement('a');
  link.href = address;
  link.download = format === 'rasa' ? 'nlu.yml' : `intents-${format}.csv`;
  link.click();
  URL.revokeObjectURL(address);
}
