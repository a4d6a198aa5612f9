import { clockTime, dayLabel } from '../kit/dates';
import { dateName, hoursLines, minuteTime } from '../kit/hours';
import { language } from '../kit/i18n';
import { type Holiday, type Hours, type Reception, wording } from '../kit/inbox';
import { Avatar } from '../kit/ui/Avatar';
import { Badge } from '../kit/ui/Badge';
import { Button } from '../kit/ui/Button';
import { Icon } from '../kit/ui/Icon';
import { ConditionLine } from './ConditionLine';
import { Mark, Tools } from './Frame';
import { h, promise } from './homeWords';
import { moment } from './moment';
import type { Row, Visit } from './visit';
import { t } from './words';

const DAY_MS = 86_400_000;

/** Before the first message, and between conversations: who is there, what to do, what was said before. */
export function HomeScreen({ visit, onClose }: { visit: Visit; onClose: (() => void) | null }) {
  const { inbox } = visit.session;
  const reception = visit.reception.value;
  const rows = visit.rows.value;
  return (
    <main class="wid" aria-label={inbox.name}>
      <header class="whead plain">
        <Mark />
        <b class="grow cut">{inbox.name}</b>
        {reception.faces.length > 0 && <Faces reception={reception} />}
        <Tools onClose={onClose} />
      </header>
      <div class="wbody home">
        <h1>{visit.greeting.value || t().hello}</h1>
        <p class="t2">{state(reception)}</p>
        <Begin visit={visit} />
        {rows.length > 0 && <h2 class="small t3">{t().earlier}</h2>}
        <ul class="arts">
          {rows.map((row) => <Earlier key={row.head.conv} row={row} visit={visit} />)}
        </ul>
        <Opening hours={inbox.widget.hours} reception={reception} />
        <p class="own small t3"><Icon name="lock" size="s" /> {t().ownServer}</p>
      </div>
      <ConditionLine visit={visit} />
    </main>
  );
}

/** The chat, or where nobody can come the form; the form is never far. */
function Begin({ visit }: { visit: Visit }) {
  if (visit.away.value) {
    return <Button kind="prime" size="l" icon="mail" onPress={() => visit.show({ at: 'leave' })}>{h().leave}</Button>;
  }
  const { open, online } = visit.reception.value;
  return (
    <>
      <Button kind="prime" size="l" icon="chat" onPress={() => visit.show({ at: 'thread', conv: null })}>{t().start}</Button>
      {(!open || online === 0) && (
        <Button kind="ghost" icon="mail" onPress={() => visit.show({ at: 'leave' })}>{h().leaveInstead}</Button>
      )}
    </>
  );
}

function Faces({ reception }: { reception: Reception }) {
  return (
    <span class="stack">
      {reception.faces.map(({ id, name }) => (
        <span key={id} title={name}><Avatar id={id} name={name} size="s" /></span>
      ))}
    </span>
  );
}

/** One line of facts: whether it is open, who is there, how soon somebody answers. */
function state(reception: Reception): string {
  const { open, online, changes_at, reply_seconds, holiday } = reception;
  const stop = language.value === 'zh' ? '。' : '.';
  const name = holiday ? wording(holiday, language.value) : '';
  const closed = name === '' ? h().closed : h().closedFor(name);
  if (!open) return changes_at === null ? closed + stop : `${closed}${language.value === 'zh' ? '，' : '. '}${h().opens(moment(changes_at))}${stop}`;
  const said = [online > 0 ? h().online(online) : h().nobody, promise(reply_seconds)].filter(Boolean);
  return said.join(language.value === 'zh' ? '，' : ', ') + stop;
}

/** The week as a sign at the door says it, in the shop's time; whose time, where the reader's is another. */
function Opening({ hours, reception }: { hours: Hours; reception: Reception }) {
  if (hours.periods.length === 0 && hours.holidays.length === 0) return null;
  const { open, changes_at } = reception;
  const elsewhere = Intl.DateTimeFormat().resolvedOptions().timeZone !== hours.zone;
  return (
    <details class="opening">
      <summary>
        <Icon name="clock" size="s" />
        <span class="grow">{h().hours}</span>
        {open && changes_at !== null && <span class="small t3">{h().until(clockTime(changes_at, language.value))}</span>}
        <Icon name="down" size="s" />
      </summary>
      <dl>
        {hoursLines(hours.periods, language.value).map(({ days, times }) => (
          <div key={days}><dt>{days}</dt><dd class="num">{times}</dd></div>
        ))}
        {hours.holidays.map((holiday) => <ComingHoliday key={holiday.date} holiday={holiday} />)}
      </dl>
      {elsewhere && <p class="small t3">{h().hoursZone(hours.zone)}</p>}
    </details>
  );
}

/** A day that is not like others: which, what it is called, its times. */
function ComingHoliday({ holiday: { date, name, periods } }: { holiday: Holiday }) {
  const times = periods.map(({ opens, closes }) => `${minuteTime(opens)}–${minuteTime(closes)}`).join(language.value === 'zh' ? '、' : ', ');
  return (
    <div>
      <dt>{dateName(date, language.value)} {wording(name, language.value)}</dt>
      <dd class="num">{times || h().holidayClosed}</dd>
    </div>
  );
}

/** An earlier conversation: who answered, the last words, when, and what is new in it. */
function Earlier({ row: { head, last, unread }, visit }: { row: Row; visit: Visit }) {
  const { name } = visit.session.inbox;
  const at = last?.at ?? head.created_at;
  const today = dayLabel(at, Date.now(), language.value);
  return (
    <li>
      <button type="button" onClick={() => visit.show({ at: 'thread', conv: head.conv })}>
        {head.agent ? <Avatar id={last?.sender.kind === 'agent' ? last.sender.id : head.agent} name={head.agent} size="s" /> : <Icon name="chat" />}
        <span class="grow said-last">
          <span class={unread > 0 ? 'cut strong' : 'cut'}>{head.agent || name}</span>
          {last !== null && <span class="cut small t3">{lastWords(last)}</span>}
        </span>
        <span class="at">
          <span class="small t3 num">{at > Date.now() - DAY_MS ? clockTime(at, language.value) : today}</span>
          {unread > 0 ? <span class="count unread" aria-label={h().unread(unread)}>{unread}</span> : <Badge>{t().status[head.status]}</Badge>}
        </span>
      </button>
    </li>
  );
}

function lastWords({ text, files, sender }: NonNullable<Row['last']>): string {
  const [file] = files ?? [];
  return (sender.kind === 'visitor' ? h().you : '') + (text || (file === undefined ? '' : h().file(file.name)));
}
