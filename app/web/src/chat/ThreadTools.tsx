import { language } from '../kit/i18n';
import { Button } from '../kit/ui/Button';
import { MenuButton } from '../kit/ui/Menu';
import { otherLanguage } from './Frame';
import type { Visit } from './visit';
import { t } from './words';

/** At the end of the thread's heading: what is seldom needed in a menu, and the way out where the frame is embedded. */
export function ThreadTools({ visit, onClose }: { visit: Visit; onClose: (() => void) | null }) {
  const muted = visit.chime.muted.value;
  void language.value;
  const conv = visit.head.value?.conv;
  const items = [
    ...(conv === undefined ? [] : [{ key: 'transcript', icon: 'down-tray' as const, label: t().transcript, onChoose: () => visit.show({ at: 'transcript', conv }) }]),
    { key: 'sound', icon: 'bell' as const, label: muted ? t().soundOn : t().soundOff, onChoose: () => visit.chime.mute(!muted) },
    { key: 'language', icon: 'globe' as const, label: t().otherLanguage, onChoose: otherLanguage },
  ];
  return (
    <>
      <MenuButton kind="ghost" size="s" icon="more" label={t().more} items={items} />
      {onClose !== null && <Button kind="ghost" size="s" icon="down" label={t().close} onPress={onClose} />}
    </>
  );
}
