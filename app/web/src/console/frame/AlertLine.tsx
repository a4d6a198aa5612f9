import { useEffect } from 'preact/hooks';
import { language, words } from '../../kit/i18n';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { useDesk } from '../state/desk';
import { follow } from '../state/router';
import { canBePutAway } from '../state/server';

const t = words({
  en: {
    label: 'About the server',
    look: 'This server',
    more: (count: number) => `This server (${count} more)`,
    notToday: 'Not again today',
  },
  zh: {
    label: '服务器提醒',
    look: '查看服务器',
    more: (count) => `查看服务器（还有 ${count} 条）`,
    notToday: '今天不再提醒',
  },
});

const TONES = { info: 'info', warning: 'warn', danger: 'danger' } as const;
const ICONS = { info: 'info', warning: 'warn', danger: 'stop' } as const;

/** The worst of what needs an administrator, in one line: what it means, what to do, and the way to the rest. */
export function AlertLine() {
  const desk = useDesk();
  const w = t();
  const standing = desk.server.standing.value;
  const [alert] = standing;
  const text = alert ? alert[language.value] : '';
  useEffect(() => {
    // A line that comes with its words is read out only where it is an alert.
    if (alert && alert.level !== 'danger') desk.announcement.value = text;
  }, [text]);
  if (!alert) return null;
  const others = standing.length - 1;
  return (
    <section aria-label={w.label}>
      <Banner
        tone={TONES[alert.level]}
        icon={ICONS[alert.level]}
        action={
          <>
            <a href={desk.hrefOf('settings/server')} onClick={follow(desk.router, 'settings/server')}>
              {others > 0 ? w.more(others) : w.look}
            </a>
            {canBePutAway(alert) && (
              <Button kind="ghost" size="s" icon="x" label={w.notToday} onPress={() => desk.server.putAway(alert)} />
            )}
          </>
        }
      >
        {text}
      </Banner>
    </section>
  );
}
