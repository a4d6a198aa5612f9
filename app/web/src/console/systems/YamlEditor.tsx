import { useEffect, useRef } from 'preact/hooks';
import { useId } from 'preact/hooks';
import type { Mistake } from './model';
import { said } from './said';
import { t } from './words';

const LINES_MIN = 8;

interface YamlEditorProps {
  label: string;
  value: string;
  mistakes: readonly Mistake[];
  hint?: preact.ComponentChildren;
  focus?: boolean;
  readOnly?: boolean;
  onInput?: (value: string) => void;
}

/** A document as text, its lines numbered, those that are wrong marked; below, what is wrong with them. */
export function YamlEditor({ label, value, mistakes, hint, focus, readOnly, onInput }: YamlEditorProps) {
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const lines = Math.max(value.split('\n').length, LINES_MIN);
  const wrong = new Set(mistakes.map(({ line }) => line));
  useEffect(() => {
    if (focus) field.current?.focus();
  }, []);
  const goTo = ({ line, column }: Mistake): void => {
    const before = value.split('\n').slice(0, line - 1).join('\n').length;
    const at = before + (line > 1 ? 1 : 0) + column - 1;
    field.current?.focus();
    field.current?.setSelectionRange(at, at);
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="code-edit">
        <div class="code-lines num" aria-hidden="true">
          {Array.from({ length: lines }, (_, index) => (
            <span key={index} class={wrong.has(index + 1) ? 'bad' : ''}>
              {index + 1}
            </span>
          ))}
        </div>
        <textarea
          ref={field}
          id={id}
          class="code-text"
          wrap="off"
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          rows={lines}
          readOnly={readOnly}
          value={value}
          aria-invalid={mistakes.length > 0 || undefined}
          aria-describedby={`${id}-hint`}
          onInput={(event) => onInput?.(event.currentTarget.value)}
        />
      </div>
      <div id={`${id}-hint`} role={mistakes.length > 0 ? 'alert' : undefined}>
        {mistakes.length === 0 && hint && <div class="hint">{hint}</div>}
        {mistakes.length > 0 && (
          <ul class="mistakes">
            {mistakes.map((mistake, index) => (
              <li key={index} class="hint bad">
                <button type="button" class="link num" aria-label={t().goThere(mistake.line)} onClick={() => goTo(mistake)}>
                  {t().here(mistake.line, mistake.column)}
                </button>
                <span>{said(mistake)}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
