import { useState } from 'preact/hooks';
import { fileSize } from '../../kit/dates';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Empty } from '../../kit/ui/Empty';
import { Icon } from '../../kit/ui/Icon';
import type { Mapped } from './model';
import { type Line, linesOf } from './lines';
import { said } from './said';
import { type FieldSteps, byField } from './steps';
import { t } from './words';

const LINES_MAX = 400;

interface MappingProps {
  records: readonly Mapped[];
  total: number;
  format: string;
  to: string;
}

/** What a map makes of a sample: input, steps, output on one grid; what belongs together is lit together. */
export function Mapping({ records, total, format, to }: MappingProps) {
  const w = t();
  const [at, setAt] = useState(0);
  const [lit, setLit] = useState('');
  const record = records[Math.min(at, records.length - 1)];
  if (record === undefined) return <Empty icon="swap" title={w.nothing}>{w.nothingNext}</Empty>;
  const fields = byField(record.steps);
  const shining = fields.filter(({ path, took }) => lit !== '' && (lit === `out ${path}` || took.some((one) => lit === `in ${one}`)));
  const inputs = new Set(shining.flatMap(({ took }) => took));
  const outputs = new Set(shining.map(({ path }) => path));
  return (
    <div class="mapping-frame" onPointerLeave={() => setLit('')}>
      {records.length > 1 && (
        <div class="row mapping-turn">
          <span class="small t2 num grow">{w.record(at + 1, total)}</span>
          <Button kind="ghost" size="s" icon="left" label={w.previous} disabled={at === 0} onPress={() => setAt(at - 1)} />
          <Button kind="ghost" size="s" icon="right" label={w.next} disabled={at >= records.length - 1} onPress={() => setAt(at + 1)} />
        </div>
      )}
      <div class="mapping">
        <section aria-label={w.input}>
          <h3>
            {w.input} {format !== '' && <Badge>{format}</Badge>}
            <span class="end small t3 num">{fileSize(new TextEncoder().encode(record.input).length)}</span>
          </h3>
          <Lines text={record.input} side="in" lit={inputs} untaken={new Set(record.untaken)} onLight={setLit} />
        </section>
        <section aria-label={w.steps}>
          <h3>
            {w.steps} <span class="t3 num">{fields.length}</span>
          </h3>
          <ul class="code-list">
            {fields.slice(0, LINES_MAX).map((field) => (
              <Field key={field.path} field={field} lit={outputs.has(field.path)} onLight={setLit} />
            ))}
          </ul>
        </section>
        <section aria-label={w.output}>
          <h3>
            {w.output} <Badge tone="accent">{w.to[to] ?? to}</Badge>
          </h3>
          {record.failure !== null ? (
            <p class="mapping-told" role="alert">
              <Icon name="stop" tone="danger" />
              <span>
                <span class="mono">{record.failure.path}</span> {said(record.failure)}
              </span>
            </p>
          ) : record.skipped ? (
            <p class="mapping-told t2">{w.skipped}</p>
          ) : (
            <Lines text={record.output} side="out" lit={outputs} onLight={setLit} />
          )}
        </section>
      </div>
    </div>
  );
}

interface LinesProps {
  text: string;
  side: 'in' | 'out';
  lit: ReadonlySet<string>;
  untaken?: ReadonlySet<string>;
  onLight: (what: string) => void;
}

function Lines({ text, side, lit, untaken, onLight }: LinesProps) {
  const w = t();
  const lines = linesOf(text);
  return (
    <ul class="code-list">
      {lines.slice(0, LINES_MAX).map((line, index) => (
        <li key={index} class={line.path !== '' && lit.has(line.path) ? 'ln lit' : 'ln'} style={{ '--v': line.depth }} onPointerEnter={() => onLight(`${side} ${line.path}`)}>
          {line.key !== '' && <span class="k">{line.key}</span>}
          <Value line={line} />
          {untaken?.has(line.path) && <Badge tone="info">{w.untaken}</Badge>}
        </li>
      ))}
      {lines.length > LINES_MAX && <li class="ln t3">{w.moreLines(lines.length - LINES_MAX)}</li>}
    </ul>
  );
}

function Value({ line: { value, kind } }: { line: Line }) {
  return <span class={`v ${kind}`}>{value}</span>;
}

function Field({ field, lit, onLight }: { field: FieldSteps; lit: boolean; onLight: (what: string) => void }) {
  const w = t();
  const depth = field.path.split('.').length - 1;
  return (
    <li class={lit ? 'step lit' : 'step'} style={{ '--v': depth }} onPointerEnter={() => onLight(`out ${field.path}`)}>
      {field.took.map((path) => (
        <span key={path} class="op">
          {path === '' ? '$item' : path}
        </span>
      ))}
      {field.done.map(({ rule, value }, index) => (
        <span key={index} class="row row-s step-done">
          <Icon name="go" size="s" />
          <span class="op word">{rule}</span>
          <span class="t2 cut" title={value}>
            {value}
          </span>
        </span>
      ))}
      {field.leftOut && <span class="t3">{w.rules['left_out']}</span>}
      <span class="made">
        <Icon name="go" size="s" /> {field.path.replace(/^.*\./, '')}
      </span>
      {field.failed && <span class="small tone-danger step-why">{said(field.failed)}</span>}
    </li>
  );
}
