import type { ComponentChildren } from 'preact';
import { type Language, language, speak } from '../../kit/i18n';
import { Icon } from '../../kit/ui/Icon';
import { Segment } from '../../kit/ui/Tabs';
import { t } from '../words';

const LANGUAGES = [
  { key: 'zh', label: '中文' },
  { key: 'en', label: 'English' },
] as const;

/** The page before the desk: mark, language, one column, the promise at the foot. */
export function EntryFrame({ children, aside }: { children: ComponentChildren; aside?: ComponentChildren }) {
  const w = t();
  return (
    <div class={aside ? 'entry two' : 'entry'}>
      <div class="entry-main">
        <header class="entry-head">
          <span class="logo">
            <Icon name="mark" />
          </span>
          <b>{w.product}</b>
          <span class="end">
            <Segment<Language> label={w.language} tabs={LANGUAGES} chosen={language.value} onChoose={speak} />
          </span>
        </header>
        <main class="entry-body">{children}</main>
        <footer class="entry-foot small t3">
          <Icon name="lock" size="s" />
          {w.honest}
        </footer>
      </div>
      {aside && <aside class="entry-aside">{aside}</aside>}
    </div>
  );
}
