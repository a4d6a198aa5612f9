import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { FILES_MAX, TEXT_MAX } from '../kit/frames';
import { fileSize } from '../kit/dates';
import { Button } from '../kit/ui/Button';
import { FileChip } from '../kit/ui/FileChip';
import { Icon } from '../kit/ui/Icon';
import type { Upload } from '../kit/uploads';
import type { Visit } from './visit';
import { t } from './words';

/** Where the visitor writes: Enter sends, Shift+Enter is a new line; files by button, paste or drop. */
export function Composer({ visit }: { visit: Visit }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const [text, setText] = useDraft(visit);
  const [trouble, setTrouble] = useState('');
  const uploads = visit.uploads.list.value;
  const ready = visit.uploads.ready();
  const full = text.trim() !== '' || uploads.length > 0;

  const change = (value: string): void => {
    setText(value);
    setTrouble(value.length > TEXT_MAX ? t().tooLong(TEXT_MAX) : '');
    visit.typing(value);
  };
  const attach = (files: readonly File[]): void => {
    setTrouble(visit.uploads.add(files).length > 0 ? t().tooManyFiles(FILES_MAX) : '');
  };
  const send = (): void => {
    if (!full || text.length > TEXT_MAX) return;
    if (!ready) return setTrouble(t().waitForFiles);
    if (visit.roomLeft <= 0) return setTrouble(t().outboxFull);
    visit.send(text.trim());
    setText('');
    setTrouble('');
    field.current?.focus();
  };
  useEffect(() => grow(field.current), [text]);
  useEffect(() => field.current?.focus({ preventScroll: true }), [visit.seen.value]);

  return (
    <div class="wcomp-place">
      {uploads.length > 0 && <Chosen visit={visit} uploads={uploads} />}
      {trouble !== '' && <p class="hint bad" role="alert">{trouble}</p>}
      <form class="wcomp" onSubmit={(event) => { event.preventDefault(); send(); }}>
        <Button kind="ghost" icon="clip" label={t().attach} onPress={() => chooser.current?.click()} />
        <input ref={chooser} type="file" multiple hidden onChange={(event) => { attach(chosen(event.currentTarget.files)); event.currentTarget.value = ''; }} />
        <textarea
          ref={field}
          rows={1}
          value={text}
          placeholder={t().write}
          aria-label={t().writeLabel}
          aria-describedby={visit.session.inbox.preview ? 'preview-on' : undefined}
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={(event) => { if (sends(event)) { event.preventDefault(); send(); } }}
          onPaste={(event) => paste(event, attach)}
        />
        <button type="submit" class="btn prime icon" aria-label={t().send} title={t().send} aria-disabled={!full || !ready}>
          <Icon name="send" size="l" />
        </button>
      </form>
      {visit.session.inbox.preview && <p class="preview-on small t3" id="preview-on"><Icon name="eye" size="s" /> {t().previewOn}</p>}
    </div>
  );
}

/** What was begun is kept for this tab, per inbox, so that a reload loses no word. */
function useDraft(visit: Visit): [string, (text: string) => void] {
  const key = `monodesk.draft.${visit.session.inbox.id}`;
  const [text, setText] = useState(() => stored(key));
  return [text, (value) => { setText(value); store(key, value); }];
}

function Chosen({ visit, uploads }: { visit: Visit; uploads: readonly Upload[] }) {
  return (
    <ul class="chosen">
      {uploads.map(({ key, name, size, image, progress, waiting, done, failed }) => (
        <li key={key}>
          <FileChip
            name={name}
            detail={failed ?? (waiting ? t().fileWaits : fileSize(size))}
            image={image}
            bad={failed !== null}
            progress={done === null && failed === null && !waiting ? progress : undefined}
            progressLabel={t().uploading(name)}
            action={
              <span class="row row-s">
                {failed !== null && <Button kind="ghost" size="s" icon="refresh" label={t().retryFile(name)} onPress={() => visit.uploads.retry(key)} />}
                <Button kind="ghost" size="s" icon="x" label={t().removeFile(name)} onPress={() => visit.uploads.remove(key)} />
              </span>
            }
          />
        </li>
      ))}
    </ul>
  );
}

/** Enter sends, unless it ends a word that an input method is still composing (keyCode 229 where Safari says it late). */
function sends(event: JSX.TargetedKeyboardEvent<HTMLTextAreaElement>): boolean {
  return event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}

function paste(event: JSX.TargetedClipboardEvent<HTMLTextAreaElement>, attach: (files: readonly File[]) => void): void {
  const files = chosen(event.clipboardData?.files ?? null);
  if (files.length === 0) return;
  event.preventDefault();
  attach(files);
}

export function chosen(files: FileList | null): readonly File[] {
  return files === null ? [] : Array.from(files);
}

function grow(field: HTMLTextAreaElement | null): void {
  if (field === null) return;
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}

function stored(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

function store(key: string, text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, text);
  } catch {
    // refused or full: the draft lives as long as the page
  }
}
