import type { JSX, RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { FILES_MAX, TEXT_MAX } from '../kit/frames';
import { Button } from '../kit/ui/Button';
import { Icon } from '../kit/ui/Icon';
import { emoji as picker, files } from './parts';
import type { Visit } from './visit';
import { t } from './words';

/** Where the visitor writes: Enter sends, Shift+Enter is a new line; files by button, paste or drop; emoji. */
export function Composer({ visit }: { visit: Visit }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const [text, setText] = useText(visit);
  const [own, setTrouble] = useState('');
  const trouble = own || (visit.crowded.value ? t().outboxFull : '');
  const [emoji, setEmoji] = useState(false);
  const Chosen = files.held.value?.Chosen;
  const EmojiPicker = picker.held.value?.EmojiPicker;
  const editing = visit.editing.value;
  const uploads = editing === null ? visit.uploads.list.value : [];
  const ready = visit.uploads.ready() || editing !== null;
  const full = text.trim() !== '' || uploads.length > 0;

  const change = (value: string): void => {
    setText(value);
    setTrouble(value.length > TEXT_MAX ? t().tooLong(TEXT_MAX) : '');
    if (editing === null) visit.typing(value);
  };
  const attach = (files: readonly File[]): void => {
    setTrouble(visit.uploads.add(files).length > 0 ? t().tooManyFiles(FILES_MAX) : '');
  };
  const send = (): void => {
    if (!full || text.length > TEXT_MAX) return;
    if (!ready) return setTrouble(t().waitForFiles);
    if (visit.roomLeft <= 0) return setTrouble(t().outboxFull);
    if (editing === null) visit.send(text.trim());
    else if (text.trim() !== editing.text) visit.edit(editing, text.trim());
    if (editing === null) setText('');
    visit.editing.value = null;
    setTrouble('');
    setEmoji(false);
    field.current?.focus();
  };
  const press = (event: JSX.TargetedKeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key === 'Escape' && (emoji || editing !== null)) {
      event.stopPropagation(); // it ends this alone, not the whole window
      if (emoji) setEmoji(false);
      else visit.editing.value = null;
    } else if (sends(event)) {
      event.preventDefault();
      send();
    }
  };
  const closeEmoji = (): void => {
    setEmoji(false);
    field.current?.focus();
  };
  useLayoutEffect(() => grow(field.current), [text]);
  useEffect(() => field.current?.focus({ preventScroll: true }), [visit.seen.value, editing]);

  return (
    <div class="wcomp-place">
      {editing !== null && <Changing onStop={() => { visit.editing.value = null; }} />}
      {uploads.length > 0 && (Chosen === undefined ? <p class="small t3">{uploads.map(({ name }) => name).join(', ')}</p> : <Chosen visit={visit} uploads={uploads} />)}
      {emoji && EmojiPicker !== undefined && <EmojiPicker onChoose={(one) => change(inserted(field, one))} onClose={closeEmoji} />}
      {trouble !== '' && <p class="hint bad" role="alert">{trouble}</p>}
      <form class="wcomp" onSubmit={(event) => { event.preventDefault(); send(); }}>
        {editing === null && <Button kind="ghost" icon="clip" label={t().attach} onPress={() => { visit.uploads.again(true); chooser.current?.click(); }} />}
        <input ref={chooser} type="file" multiple hidden onChange={(event) => { attach(chosen(event.currentTarget.files)); event.currentTarget.value = ''; }} />
        <textarea
          ref={field}
          rows={1}
          value={text}
          placeholder={t().write}
          aria-label={t().writeLabel}
          aria-describedby={visit.session.inbox.preview ? 'preview-on' : undefined}
          enterkeyhint="send"
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={press}
          onPaste={(event) => paste(event, attach)}
        />
        <Button kind="ghost" icon="smile" label={t().emoji} expanded={emoji} onPress={() => { void picker.fetch(); setEmoji(!emoji); }} />
        <button type="submit" class="btn prime icon" aria-label={t().send} title={t().send} aria-disabled={!full || !ready}>
          <Icon name={editing === null ? 'send' : 'check'} size="l" />
        </button>
      </form>
      {visit.session.inbox.preview && <p class="preview-on small t3" id="preview-on"><Icon name="eye" size="s" /> {t().previewOn}</p>}
    </div>
  );
}

function Changing({ onStop }: { onStop: () => void }) {
  return (
    <div class="changing small" role="status">
      <Icon name="pen" size="s" />
      <span class="grow">{t().changing}</span>
      <Button kind="ghost" size="s" icon="x" label={t().changingStop} onPress={onStop} />
    </div>
  );
}

/** What stands in the field: the draft, or meanwhile the words of the message that is changed. */
function useText(visit: Visit): [string, (text: string) => void] {
  const editing = visit.editing.value;
  const [changed, setChanged] = useState('');
  useLayoutEffect(() => setChanged(editing?.text ?? ''), [editing]);
  return editing === null ? [visit.draft.value, (text) => { visit.draft.value = text; }] : [changed, setChanged];
}

/** The field's text with this in place of what is chosen there; the caret goes behind it. */
function inserted({ current }: RefObject<HTMLTextAreaElement>, text: string): string {
  if (current === null) return text;
  current.setRangeText(text, current.selectionStart, current.selectionEnd, 'end');
  return current.value;
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
