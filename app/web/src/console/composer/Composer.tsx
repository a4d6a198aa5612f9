import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { fileSize } from '../../kit/dates';
import { FILES_MAX, TEXT_MAX } from '../../kit/frames';
import { Button } from '../../kit/ui/Button';
import { FileChip } from '../../kit/ui/FileChip';
import { Icon } from '../../kit/ui/Icon';
import { Segment } from '../../kit/ui/Tabs';
import type { Upload } from '../../kit/uploads';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import type { Draft } from '../state/drafts';
import { t } from '../words';
import './Composer.css';
import { LineState } from './LineState';

/** Where an agent writes: a reply to the customer, or a note on amber paper. */
export function Composer({ conv }: { conv: string }) {
  const desk = useDesk();
  const w = t();
  const draft = desk.drafts.of(conv).value;
  const [over, setOver] = useState(false);
  const barrier = useBarrier(desk, conv, draft);
  const attach = (files: readonly File[]): void => {
    if (desk.drafts.attach(conv, files) > 0) desk.say(w.tooManyFiles(FILES_MAX));
  };
  const send = (): void => {
    if (barrier.send !== null || isEmpty(draft)) return;
    desk.delivery.typing(conv, false);
    desk.send(conv, draft.text.trim(), arrived(draft), draft.note);
    desk.drafts.clear(conv);
  };
  if (barrier.all) return <p class="composer closed small t3">{barrier.all}</p>;
  return (
    <form
      class={['composer', draft.note ? 'note' : '', over ? 'over' : ''].filter(Boolean).join(' ')}
      aria-label={w.replyOrNote}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      onDragOver={(event) => {
        if (!event.dataTransfer?.types.includes('Files')) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        attach([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      <LineState />
      {over && (
        <div class="strip info">
          <Icon name="clip" size="s" />
          {w.dropHere}
        </div>
      )}
      {barrier.send && <div class="strip">{barrier.send}</div>}
      {draft.uploads.length > 0 && <Uploads desk={desk} conv={conv} uploads={draft.uploads} />}
      <Field desk={desk} conv={conv} draft={draft} onSend={send} onFiles={attach} />
      <Bar desk={desk} conv={conv} draft={draft} ready={barrier.send === null && !isEmpty(draft)} onFiles={attach} />
    </form>
  );
}

interface Barrier {
  /** Nothing can be written here at all. */
  all: string | null;
  /** This draft cannot go now. */
  send: string | null;
}

function useBarrier(desk: Desk, conv: string, draft: Draft): Barrier {
  const w = t();
  // The outbox is no signal; its changes touch the threads.
  void desk.threads.state(conv).value;
  const status = desk.lists.heads.value.get(conv)?.conversation.status;
  if (!desk.may('conversations.write')) return { all: w.readOnly, send: null };
  if (status === 'closed') return { all: w.closedNoReply, send: null };
  if (draft.text.length > TEXT_MAX) return { all: null, send: w.tooLong(TEXT_MAX) };
  if (draft.uploads.some(({ done, failed }) => done === null && failed === null))
    return { all: null, send: isEmpty(draft) ? null : w.sendBusy };
  return { all: null, send: desk.delivery.outbox.full() ? w.outboxFull : null };
}

function isEmpty(draft: Draft): boolean {
  return draft.text.trim() === '' && arrived(draft).length === 0;
}

function arrived(draft: Draft) {
  return draft.uploads.flatMap(({ done }) => (done ? [done] : []));
}

interface FieldProps {
  desk: Desk;
  conv: string;
  draft: Draft;
  onSend: () => void;
  onFiles: (files: readonly File[]) => void;
}

function Field({ desk, conv, draft, onSend, onFiles }: FieldProps) {
  const w = t();
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => fit(field.current), [draft.text]);
  useEffect(() => {
    // On a phone the keyboard would cover the thread that one came to read.
    if (window.matchMedia('(min-width: 761px)').matches) field.current?.focus({ preventScroll: true });
  }, [conv]);
  const write = (text: string): void => {
    desk.drafts.write(conv, text);
    if (!draft.note) desk.delivery.typing(conv, text.trim() !== '');
  };
  const press = (event: KeyboardEvent): void => {
    // While an input method composes, Enter chooses a word; Safari tells it by key code 229 alone.
    if (event.key !== 'Enter' || event.isComposing || event.keyCode === 229) return;
    if (event.shiftKey || event.altKey) return;
    event.preventDefault();
    onSend();
  };
  return (
    <textarea
      ref={field}
      class="composer-text"
      rows={1}
      aria-label={draft.note ? w.writeNote : w.writeReply(desk.customer(conv))}
      placeholder={draft.note ? w.writeNote : w.writeReply(desk.customer(conv))}
      value={draft.text}
      onInput={(event) => write(event.currentTarget.value)}
      onKeyDown={press}
      onBlur={() => desk.delivery.typing(conv, false)}
      onPaste={(event) => {
        const files = [...(event.clipboardData?.files ?? [])];
        if (files.length === 0) return;
        event.preventDefault();
        onFiles(files);
      }}
    />
  );
}

function fit(field: HTMLTextAreaElement | null): void {
  if (!field) return;
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}

interface BarProps {
  desk: Desk;
  conv: string;
  draft: Draft;
  ready: boolean;
  onFiles: (files: readonly File[]) => void;
}

function Bar({ desk, conv, draft, ready, onFiles }: BarProps) {
  const w = t();
  const chooser = useRef<HTMLInputElement>(null);
  const live = desk.condition.value.state === 'live';
  const tabs = [
    { key: 'reply', label: w.reply },
    {
      key: 'note',
      label: (
        <>
          <Icon name="lock" size="s" />
          {w.noteTab}
        </>
      ),
    },
  ] as const;
  return (
    <div class="composer-bar">
      <Segment
        label={w.replyOrNote}
        tabs={tabs}
        chosen={draft.note ? 'note' : 'reply'}
        onChoose={(key) => desk.drafts.choose(conv, key === 'note')}
      />
      <Button kind="ghost" size="s" icon="clip" label={w.attach} onPress={() => chooser.current?.click()} />
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
      <span class="end row">
        {draft.text !== '' && <span class="small t3 not-phone">{w.draftKept}</span>}
        <Button
          type="submit"
          size="s"
          kind={draft.note ? 'note' : live ? 'prime' : 'plain'}
          disabled={!ready}
          label={draft.note ? w.keep : live ? w.send : w.sendLater}
          keys="Enter"
        >
          {!live && <Icon name="clock" size="s" />}
          {draft.note ? w.keep : live ? w.send : w.sendLater}
          {!draft.note && live && <Icon name="send" size="s" />}
        </Button>
      </span>
    </div>
  );
}

function Uploads({ desk, conv, uploads }: { desk: Desk; conv: string; uploads: readonly Upload[] }) {
  const w = t();
  return (
    <ul class="uploads">
      {uploads.map(({ key, name, size, image, progress, waiting, done, failed }) => (
        <li key={key}>
          <FileChip
            name={name}
            detail={failed ?? (waiting ? w.fileWaits : fileSize(size))}
            image={image}
            bad={failed !== null}
            progress={done || failed || waiting ? undefined : progress}
            progressLabel={w.uploading(name)}
            action={
              <span class="row row-s">
                {failed !== null && (
                  <Button
                    kind="ghost"
                    size="s"
                    icon="refresh"
                    label={w.retryFile(name)}
                    onPress={() => desk.drafts.retry(conv, key)}
                  />
                )}
                <Button
                  kind="ghost"
                  size="s"
                  icon="x"
                  label={w.removeFile(name)}
                  onPress={() => desk.drafts.remove(conv, key)}
                />
              </span>
            }
          />
        </li>
      ))}
    </ul>
  );
}
