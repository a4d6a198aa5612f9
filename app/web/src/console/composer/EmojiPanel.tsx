import { useEffect, useRef } from 'preact/hooks';
import { GROUPS, emojiOf, step } from '../../kit/emoji';
import { t } from './words';

const ALL = GROUPS.flatMap(emojiOf);

/** A grid of emoji: arrows move, Enter takes one, Esc goes back to the field. */
export function EmojiPanel({ onChoose, onClose }: { onChoose: (emoji: string) => void; onClose: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.querySelector('button')?.focus(), []);
  const press = (event: KeyboardEvent): void => {
    const all = [...(box.current?.querySelectorAll('button') ?? [])];
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const columns = all.filter(({ offsetTop }) => offsetTop === all[0]?.offsetTop).length || 1;
    const to = step(at, event.key, columns, all.length);
    if (event.key === 'Escape') onClose();
    else if (to !== at) all[to]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="emoji" ref={box} role="group" aria-label={t().emoji} onKeyDown={press}>
      {ALL.map((emoji, index) => (
        <button key={emoji} type="button" tabIndex={index === 0 ? 0 : -1} onClick={() => onChoose(emoji)}>
          {emoji}
        </button>
      ))}
    </div>
  );
}
