import { useEffect, useRef, useState } from 'preact/hooks';
import { words } from '../kit/i18n';
import { type EmojiGroup, GROUPS, emojiOf, step } from '../kit/emoji';

const t = words({
  en: { label: 'Emoji', faces: 'Faces', hands: 'Hands', signs: 'Signs', things: 'Things' },
  zh: { label: '表情', faces: '表情', hands: '手势', signs: '符号', things: '物品' },
});

/** A grid of emoji above the field: arrows move, Enter or a press takes one, Esc goes back to the field. */
export function EmojiPicker({ onChoose, onClose }: { onChoose: (emoji: string) => void; onClose: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState('0.0');
  useEffect(() => buttons(box.current)[0]?.focus({ preventScroll: true }), []);

  const steer = (event: KeyboardEvent & { currentTarget: HTMLElement }): void => {
    if (event.key === 'Escape') {
      event.stopPropagation(); // it closes this alone, not the whole window
      return onClose();
    }
    const all = buttons(event.currentTarget);
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const to = at < 0 ? at : step(at, event.key, columnsOf(all), all.length);
    if (to === at) return;
    event.preventDefault();
    all[to]?.focus();
  };
  return (
    <div ref={box} class="emoji" role="group" aria-label={t().label} onKeyDown={steer}>
      {GROUPS.map((group, place) => (
        <Group key={group} group={group} place={place} current={current} onReach={setCurrent} onChoose={onChoose} />
      ))}
    </div>
  );
}

interface GroupProps {
  group: EmojiGroup;
  place: number;
  /** The one that Tab reaches. */
  current: string;
  onReach: (key: string) => void;
  onChoose: (emoji: string) => void;
}

function Group({ group, place, current, onReach, onChoose }: GroupProps) {
  return (
    <>
      <h2 class="small t3">{t()[group]}</h2>
      <div class="emoji-grid" role="group" aria-label={t()[group]}>
        {emojiOf(group).map((one, index) => {
          const key = `${place}.${index}`;
          return (
            <button key={key} type="button" tabIndex={current === key ? 0 : -1} onFocus={() => onReach(key)} onClick={() => onChoose(one)}>
              {one}
            </button>
          );
        })}
      </div>
    </>
  );
}

function buttons(box: HTMLElement | null): HTMLButtonElement[] {
  return box === null ? [] : [...box.querySelectorAll('button')];
}

/** As many as stand beside the first. */
function columnsOf(all: readonly HTMLElement[]): number {
  const top = all[0]?.offsetTop;
  const next = all.findIndex(({ offsetTop }) => offsetTop !== top);
  return next < 0 ? all.length : next;
}
