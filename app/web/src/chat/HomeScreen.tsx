import { clockTime, dayLabel } from '../kit/dates';
import { language } from '../kit/i18n';
import { Avatar } from '../kit/ui/Avatar';
import { Badge } from '../kit/ui/Badge';
import { Button } from '../kit/ui/Button';
import { Icon } from '../kit/ui/Icon';
import { ConditionLine } from './ConditionLine';
import { Mark, Tools } from './Frame';
import type { Visit } from './visit';
import { t } from './words';

/** Before the first message, and between conversations. */
export function HomeScreen({ visit, onClose }: { visit: Visit; onClose: (() => void) | null }) {
  const { inbox } = visit.session;
  const greeting = (language.value === 'zh' ? inbox.greeting_zh : inbox.greeting_en) || t().hello;
  const heads = visit.heads.value;
  return (
    <main class="wid" aria-label={inbox.name}>
      <header class="whead plain">
        <Mark />
        <b class="grow cut">{inbox.name}</b>
        <Tools onClose={onClose} />
      </header>
      <div class="wbody home">
        <h1>{greeting}</h1>
        <Button kind="prime" size="l" icon="chat" onPress={() => visit.show({ at: 'thread', conv: null })}>{t().start}</Button>
        {heads.length > 0 && <h2 class="small t3">{t().earlier}</h2>}
        <ul class="arts">
          {heads.map((head) => (
            <li key={head.conv}>
              <button type="button" onClick={() => visit.show({ at: 'thread', conv: head.conv })}>
                {head.agent ? <Avatar id={head.agent} name={head.agent} size="s" /> : <Icon name="chat" />}
                <span class="grow cut">{head.agent || inbox.name}</span>
                <span class="small t3 num">{`${dayLabel(head.created_at, Date.now(), language.value)} ${clockTime(head.created_at, language.value)}`}</span>
                <Badge>{t().status[head.status]}</Badge>
              </button>
            </li>
          ))}
        </ul>
        <p class="own small t3"><Icon name="lock" size="s" /> {t().ownServer}</p>
      </div>
      <ConditionLine visit={visit} />
    </main>
  );
}
