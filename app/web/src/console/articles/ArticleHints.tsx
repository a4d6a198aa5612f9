import { useEffect, useState } from 'preact/hooks';
import type { Suggestion } from '../../kit/articles';
import { base } from '../../kit/place';
import { Button } from '../../kit/ui/Button';
import { Icon } from '../../kit/ui/Icon';
import { MenuButton } from '../../kit/ui/Menu';
import { useDesk } from '../state/desk';
import { reason } from '../state/session';
import type { Answer } from './model';
import { t } from './words';

const PAUSE_MS = 600;
const WORDS_MIN = 4;

export interface HintsProps {
  conv: string;
  inbox: string;
  /** What he writes; while it is short, what the customer wrote last counts. */
  text: string;
  asked: string;
  onInsert: (text: string) => void;
}

/**
 * The best three articles for what is written, on a line of its own above the field: it takes no focus, asks only in a pause of
 * the typing, and stands still while an answer is on its way.
 */
export function ArticleHints({ conv, inbox, text, asked, onInsert }: HintsProps) {
  const desk = useDesk();
  const w = t();
  const [found, setFound] = useState<readonly Suggestion[]>([]);
  const [hidden, setHidden] = useState('');
  const q = (text.trim().length >= WORDS_MIN ? text : asked).trim().slice(-400);
  useEffect(() => {
    if (q === '') return setFound([]);
    const asking = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        const { articles } = await desk.api.get<{ articles: Suggestion[] }>(`api/v1/articles/suggestions?${new URLSearchParams({ q, inbox })}`, { signal: asking.signal });
        setFound(articles);
      } catch {
        // left out, or not reached: what was suggested stays
      }
    };
    const timer = setTimeout(() => void ask(), PAUSE_MS);
    return () => { clearTimeout(timer); asking.abort(); };
  }, [q, inbox, conv]);
  if (found.length === 0 || hidden === conv) return null;
  const body = async (id: string): Promise<void> => {
    try {
      onInsert((await desk.api.get<Answer>(`api/v1/articles/${id}`)).article.body);
    } catch (error) {
      desk.say(reason(error));
    }
  };
  return (
    <div class="article-hints" role="group" aria-label={w.hints}>
      <Icon name="book" size="s" />
      {found.map(({ id, title, language: spoken, slug }) => (
        <span key={id} class="hint-title">
          <MenuButton
            kind="ghost"
            label={title}
            items={[
              { key: 'link', label: w.insertLink, onChoose: () => onInsert(`[${title}](${addressOf(desk.me.public_url, `help/${spoken}/${slug}`)})`) },
              { key: 'text', label: w.insertText, onChoose: () => void body(id) },
            ]}
          >
            <span class="cut small">{title}</span>
          </MenuButton>
        </span>
      ))}
      <Button kind="ghost" size="s" icon="x" label={w.hide} onPress={() => setHidden(conv)} />
    </div>
  );
}

/** Where customers reach it: at the public address, where one is configured. */
function addressOf(publicUrl: string, path: string): string {
  return publicUrl === '' ? base + path : `${publicUrl.replace(/\/$/u, '')}/${path}`;
}
