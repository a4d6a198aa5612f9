import { language } from '../kit/i18n';
import { Button } from '../kit/ui/Button';
import { Icon } from '../kit/ui/Icon';
import { speakIn, t } from './words';

const LANGUAGE_KEY = 'monodesk.language';

/** The desk's mark on its ground. */
export function Mark() {
  return (
    <span class="app-logo" aria-hidden="true">
      <Icon name="mark" />
    </span>
  );
}

/** At the end of every heading: the other language, and the way out where the frame is embedded. */
export function Tools({ onClose }: { onClose: (() => void) | null }) {
  const other = language.value === 'zh' ? 'en' : 'zh';
  return (
    <>
      <button type="button" class="btn ghost s" lang={other === 'zh' ? 'zh-CN' : 'en'} title={t().otherLanguageLabel} onClick={otherLanguage}>
        {t().otherLanguage}
      </button>
      {onClose !== null && <Button kind="ghost" size="s" icon="down" label={t().close} onPress={onClose} />}
    </>
  );
}

/** Changes to the other language, for good; where its words do not come, the line at the foot says why. */
export function otherLanguage(): void {
  const other = language.value === 'zh' ? 'en' : 'zh';
  void speakIn(other).then(() => keep(other), () => undefined);
}

function keep(chosen: string): void {
  try {
    localStorage.setItem(LANGUAGE_KEY, chosen);
  } catch {
    // refused: the choice holds for this page
  }
}

/** The visitor's own choice of language, if he made one. */
export function chosenLanguage(): string | null {
  try {
    return localStorage.getItem(LANGUAGE_KEY);
  } catch {
    return null;
  }
}
