import { useEffect, useState } from 'preact/hooks';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { SelectField } from '../../kit/ui/Field';
import { Switch } from '../../kit/ui/Toggle';
import { words } from '../../kit/i18n';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import { ABOUT, type About } from '../state/notices';
import { reason } from '../state/session';
import { t as shared } from '../words';

const t = words({
  en: {
    about: 'Tell me about',
    abouts: { all: 'Mine and unassigned ones', mine: 'Mine only', nothing: 'Nothing' },
    aboutHint: 'A colleague who mentions you is always told. It holds on this device, for you.',
    desktop: 'Desktop notifications',
    plain:
      'This page came over plain HTTP, where browsers have no desktop notifications. The sound, the number in the title and the dot on the tab’s icon tell you instead; over https you can have both.',
    allow: 'Allow desktop notifications',
    allowHint: 'The browser will ask you once.',
    denied: 'The browser blocks notifications of this page. Allow them in its address bar, then reload.',
    on: 'Show a notification while I look elsewhere',
    content: 'With what the customer wrote',
    contentHint: 'Off: only the customer’s name. Mind who else sees your screen.',
    tickets: 'Tickets',
    ofTickets: { mentioned: 'Notes that mention me', assigned: 'Changes and notes of my tickets', watched: 'Changes and notes of tickets that I watch' },
    ticketsHint: 'Told beside the tickets, on every device. What you do yourself is never told.',
    sound: 'Sound',
    soundOn: 'Play a sound',
    try: 'Hear it',
  },
  zh: {
    about: '提醒范围',
    abouts: { all: '我的会话和未分配的会话', mine: '只有我的会话', nothing: '不提醒' },
    aboutHint: '同事提到你时总会提醒。设置只对你在这台设备上有效。',
    desktop: '桌面通知',
    plain:
      '本页是用 http 打开的，浏览器在这种页面上没有桌面通知。改由提示音、标题里的数字和标签页图标上的圆点提醒；用 https 打开就都有。',
    allow: '允许桌面通知',
    allowHint: '浏览器会询问一次。',
    denied: '浏览器拦截了本页的通知。请在地址栏里允许，然后刷新。',
    on: '我在看别处时显示通知',
    content: '显示客户写的内容',
    contentHint: '关闭后只显示客户的名字。留意还有谁能看到你的屏幕。',
    tickets: '工单',
    ofTickets: { mentioned: '备注中提到我', assigned: '我负责的工单有变化或备注', watched: '我关注的工单有变化或备注' },
    ticketsHint: '在工单页提醒，所有设备有效。自己的操作不会提醒。',
    sound: '提示音',
    soundOn: '播放提示音',
    try: '试听',
  },
});

/** What an agent is told while he looks elsewhere. Takes effect at once. */
export function Notifications() {
  const desk = useDesk();
  const w = t();
  const { notices } = desk;
  const { about, sound } = notices.choice.value;
  return (
    <>
      <div class="settings-title">
        <h2>{shared().notifications}</h2>
      </div>
      <Card>
        <div class="card-body">
          <SelectField
            label={w.about}
            hint={w.aboutHint}
            value={about}
            choices={ABOUT.map((value) => ({ value, label: w.abouts[value] }))}
            onChange={(value) => notices.choose({ about: value as About })}
          />
        </div>
      </Card>
      <Card title={w.desktop}>
        <div class="card-body">
          <Desktop desk={desk} />
        </div>
      </Card>
      {desk.may('tickets.read') && <OfTickets desk={desk} />}
      <Card title={w.sound}>
        <div class="card-body">
          <div class="row wrap">
            <Switch on={sound} onChange={(on) => notices.choose({ sound: on })}>
              {w.soundOn}
            </Switch>
            <Button size="s" icon="play" onPress={() => notices.try()}>
              {w.try}
            </Button>
          </div>
        </div>
      </Card>
    </>
  );
}

const KINDS = ['mentioned', 'assigned', 'watched'] as const;
type Choice = Readonly<Record<(typeof KINDS)[number], boolean>>;

/** What of his tickets he is told of, on every device; shown when it is here. */
function OfTickets({ desk }: { desk: Desk }) {
  const w = t();
  const [choice, setChoice] = useState<Choice | null>(null);
  useEffect(() => {
    desk.api.get<{ choice: Choice }>('api/v1/ticket-notices/choice').then(
      (answer) => setChoice(answer.choice),
      (error: unknown) => desk.say(reason(error)),
    );
  }, []);
  if (choice === null) return null;
  const set = (change: Partial<Choice>): void => {
    setChoice({ ...choice, ...change });
    desk.api.put<{ choice: Choice }>('api/v1/ticket-notices/choice', { ...choice, ...change }).catch((error: unknown) => {
      setChoice(choice);
      desk.say(reason(error));
    });
  };
  return (
    <Card title={w.tickets}>
      <div class="card-body">
        {KINDS.map((kind) => (
          <Switch key={kind} on={choice[kind]} onChange={(on) => set({ [kind]: on })}>
            {w.ofTickets[kind]}
          </Switch>
        ))}
        <p class="hint">{w.ticketsHint}</p>
      </div>
    </Card>
  );
}

function Desktop({ desk }: { desk: Desk }) {
  const w = t();
  const { notices } = desk;
  const { desktop, content } = notices.choice.value;
  const permission = notices.permission.value;
  if (permission === 'unavailable') return <Banner icon="info">{w.plain}</Banner>;
  if (permission === 'denied')
    return (
      <Banner tone="warn" icon="warn">
        {w.denied}
      </Banner>
    );
  if (permission === 'default')
    return (
      <div class="row wrap">
        <Button icon="bell" onPress={() => void notices.allow()}>
          {w.allow}
        </Button>
        <span class="small t3">{w.allowHint}</span>
      </div>
    );
  return (
    <>
      <Switch on={desktop} onChange={(on) => notices.choose({ desktop: on })}>
        {w.on}
      </Switch>
      <div>
        <Switch on={content} disabled={!desktop} onChange={(on) => notices.choose({ content: on })}>
          {w.content}
        </Switch>
        <p class="hint">{w.contentHint}</p>
      </div>
    </>
  );
}
