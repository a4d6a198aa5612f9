import { useRef, useState } from 'preact/hooks';
import { FILES_MAX, TEXT_MAX } from '../../kit/frames';
import { Button } from '../../kit/ui/Button';
import { Icon } from '../../kit/ui/Icon';
import { Segment } from '../../kit/ui/Tabs';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import type { Draft } from '../state/drafts';
import { unfilled } from '../state/canned';
import { t } from '../words';
import './Composer.css';
import { EmojiPanel } from './EmojiPanel';
import { Field, type FieldHandle } from './Field';
import { LineState } from './LineState';
import { MailTo } from './MailTo';
import { QuickReplies } from './QuickReplies';
import { Uploads } from './Uploads';
import { WaitingLines } from '../tools/WaitingLines';
import { t as toolWords } from '../tools/words';
import { mentioned } from './token';
import { t as own } from './words';

/** Where an agent writes: a reply to the customer, or a note on amber paper. */
export function Composer({ conv }: { conv: string }) {
  const desk = useDesk();
  const w = t();
  const draft = desk.drafts.of(conv).value;
  const [over, setOver] = useState(false);
  const [panel, setPanel] = useState<Panel>(null);
  const [replies, setReplies] = useState<readonly string[]>([]);
  const field = useRef<FieldHandle | null>(null);
  const barrier = useBarrier(desk, conv, draft);
  const attach = (files: readonly File[]): void => {
    if (desk.drafts.attach(conv, files) > 0) desk.say(w.tooManyFiles(FILES_MAX));
  };
  const send = (text = draft.text): void => {
    const words = text.trim();
    if (barrier.all !== null || barrierOf(desk, { ...draft, text }) !== null) return;
    if (words === '' && arrived(draft).length === 0) return;
    const extra = draft.note
      ? { mentions: mentioned(words, [...desk.people.colleagues.value.values()]) }
      : { replies: words === '' ? [] : replies };
    desk.delivery.typing(conv, false);
    desk.viewing.writes(conv, false);
    const seconds = desk.waiting.seconds.peek();
    if (seconds > 0 && !draft.note && replies.length === 0 && text === draft.text) {
      void desk.sendLater(conv, { hold_seconds: seconds });
      return setPanel(null);
    }
    desk.send(conv, words, arrived(draft), draft.note, extra);
    desk.drafts.clear(conv);
    setReplies([]);
    setPanel(null);
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
      <WaitingLines desk={desk} conv={conv} />
      {!draft.note && <MailTo desk={desk} conv={conv} />}
      {barrier.send && <div class="strip">{barrier.send}</div>}
      {draft.uploads.length > 0 && <Uploads desk={desk} conv={conv} uploads={draft.uploads} />}
      {panel === 'emoji' && (
        <EmojiPanel
          onChoose={(emoji) => field.current?.insert(emoji)}
          onClose={() => {
            setPanel(null);
            field.current?.focus();
          }}
        />
      )}
      <Field desk={desk} conv={conv} draft={draft} handle={field} onSend={send} onFiles={attach} />
      {!draft.note && (panel === 'replies' || replies.length > 0) && (
        <QuickReplies replies={replies} onChange={setReplies} />
      )}
      <Bar
        desk={desk}
        conv={conv}
        draft={draft}
        ready={barrier.send === null && !isEmpty(draft)}
        panel={panel}
        onPanel={setPanel}
        onSlash={() => field.current?.insert('/')}
        onFiles={attach}
      />
    </form>
  );
}

type Panel = 'emoji' | 'replies' | null;

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
  return { all: null, send: barrierOf(desk, draft) };
}

function barrierOf(desk: Desk, draft: Draft): string | null {
  const w = t();
  if (draft.text.length > TEXT_MAX) return w.tooLong(TEXT_MAX);
  const open = draft.note ? null : unfilled(draft.text);
  if (open !== null) return own().unfilled(open);
  if (draft.uploads.some(({ done, failed }) => done === null && failed === null))
    return isEmpty(draft) ? null : w.sendBusy;
  return desk.delivery.outbox.full() ? w.outboxFull : null;
}

function isEmpty(draft: Draft): boolean {
  return draft.text.trim() === '' && arrived(draft).length === 0;
}

function arrived(draft: Draft) {
  return draft.uploads.flatMap(({ done }) => (done ? [done] : []));
}

interface BarProps {
  desk: Desk;
  conv: string;
  draft: Draft;
  ready: boolean;
  panel: Panel;
  onPanel: (panel: Panel) => void;
  onSlash: () => void;
  onFiles: (files: readonly File[]) => void;
}

function Bar({ desk, conv, draft, ready, panel, onPanel, onSlash, onFiles }: BarProps) {
  const w = t();
  const o = own();
  const toggle = (which: Panel) => () => onPanel(panel === which ? null : which);
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
      <Button kind="ghost" size="s" icon="smile" label={o.emoji} pressed={panel === 'emoji'} onPress={toggle('emoji')} />
      <Button kind="ghost" size="s" icon="slash" label={o.canned} keys="/" onPress={onSlash} />
      {!draft.note && (
        <span class="not-phone">
          <Button
            kind="ghost"
            size="s"
            icon="bolt"
            label={o.replies}
            pressed={panel === 'replies'}
            onPress={toggle('replies')}
          />
        </span>
      )}
      <span class="end row">
        <Kept draft={draft} />
        {!draft.note && live && (
          <span class="not-phone">
            <Button kind="ghost" size="s" icon="clock" label={toolWords().laterTitle} disabled={!ready} onPress={() => (desk.later.value = true)} />
          </span>
        )}
        <Button
          type="submit"
          size="s"
          kind={draft.note ? 'note' : live ? 'prime' : 'plain'}
          disabled={!ready}
          label={draft.note ? w.keep : live ? w.send : w.sendLater}
          keys="Enter"
        >
          {!live && <Icon name="clock" size="s" />}
          {draft.note ? w.keep : live ? w.send : <Later />}
          {!draft.note && live && <Icon name="send" size="s" />}
        </Button>
      </span>
    </div>
  );
}

/** What the button does while the line is cut; on a phone its clock says half of it. */
function Later() {
  const w = t();
  return (
    <>
      <span class="not-phone">{w.sendLater}</span>
      <span class="only-phone">{w.sendLaterShort}</span>
    </>
  );
}

/** Whether his words are safe, told as it is. */
function Kept({ draft }: { draft: Draft }) {
  const o = own();
  if (draft.keeping === 'empty') return null;
  const told = { kept: t().draftKept, saving: o.saving, here: o.here }[draft.keeping];
  return (
    <span class={draft.keeping === 'here' ? 'small kept here' : 'small t3 kept'} data-keeping={draft.keeping}>
      {told}
    </span>
  );
}
