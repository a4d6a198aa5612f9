import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { TEXT_MAX } from '../../kit/frames';
import { Button } from '../../kit/ui/Button';
import type { Desk } from '../state/desk';
import { t } from '../words';
import type { Shown } from './pending';

/** An own message being changed: Enter saves, Esc leaves it as it was. */
export function EditBox({
  desk,
  conv,
  entry,
  onClose,
}: {
  desk: Desk;
  conv: string;
  entry: Shown;
  onClose: () => void;
}) {
  const w = t();
  const [text, setText] = useState(entry.text ?? '');
  const field = useRef<HTMLTextAreaElement>(null);
  // before anything can be typed: a caret that is set later tears the first letters apart
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(text.length, text.length);
  }, []);
  const ready = text.trim() !== '' && text.length <= TEXT_MAX;
  const save = (): void => {
    if (!ready) return;
    if (text !== entry.text) desk.delivery.send({ t: 'edit', conv, id: entry.id, text });
    onClose();
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') onClose();
    else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229) save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="edit-box">
      <textarea
        ref={field}
        class="input"
        rows={3}
        aria-label={w.editMessage}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={press}
      />
      <div class="row">
        <Button kind="ghost" size="s" onPress={onClose}>
          {w.cancel}
        </Button>
        <Button
          kind="prime"
          size="s"
          disabled={!ready}
          reason={text.length > TEXT_MAX ? w.tooLong(TEXT_MAX) : undefined}
          onPress={save}
        >
          {w.save}
        </Button>
      </div>
    </div>
  );
}
