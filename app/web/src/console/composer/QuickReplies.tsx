import { useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { t } from './words';

/** As the server has it. */
const REPLIES_MAX = 12;
const REPLY_CHARACTERS = 80;

/** What the customer may answer with one press, under the message that goes next. */
export function QuickReplies({ replies, onChange }: { replies: readonly string[]; onChange: (replies: readonly string[]) => void }) {
  const w = t();
  const [text, setText] = useState('');
  const full = replies.length >= REPLIES_MAX;
  const add = (): void => {
    const reply = text.trim();
    if (reply === '' || full) return;
    if (!replies.includes(reply)) onChange([...replies, reply]);
    setText('');
  };
  return (
    <div class="reply-row" role="group" aria-label={w.replies}>
      {replies.map((reply) => (
        <span key={reply} class="reply-chip">
          <span class="cut">{reply}</span>
          <Button
            kind="ghost"
            size="s"
            icon="x"
            label={w.repliesRemove(reply)}
            onPress={() => onChange(replies.filter((other) => other !== reply))}
          />
        </span>
      ))}
      <input
        class="reply-field"
        type="text"
        maxLength={REPLY_CHARACTERS}
        disabled={full}
        aria-label={w.repliesAdd}
        placeholder={full ? w.repliesMax(REPLIES_MAX) : replies.length > 0 ? w.repliesAdd : w.repliesHint}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={add}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.isComposing || event.keyCode === 229) return;
          event.preventDefault();
          add();
        }}
      />
    </div>
  );
}
