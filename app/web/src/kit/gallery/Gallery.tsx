import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { type Language, language, speak, words } from '../i18n';
import type { IconName } from '../icons/names';
import { Avatar } from '../ui/Avatar';
import { Badge, Count, Key } from '../ui/Badge';
import { Banner } from '../ui/Banner';
import { Bubble, DayLine, EventLine, Ghost, Memo, Say } from '../ui/Bubble';
import { Button, type ButtonProps } from '../ui/Button';
import { Card } from '../ui/Card';
import { ConversationRow } from '../ui/ConversationRow';
import { Dialog } from '../ui/Dialog';
import { Dot } from '../ui/Dot';
import { Empty, Failure } from '../ui/Empty';
import { SelectField, TextField } from '../ui/Field';
import { FileChip } from '../ui/FileChip';
import { Icon } from '../ui/Icon';
import { MenuButton } from '../ui/Menu';
import { MessageCard, QuickReplies } from '../ui/MessageCard';
import { Progress } from '../ui/Progress';
import { Skeleton } from '../ui/Skeleton';
import { Source } from '../ui/Source';
import { Table } from '../ui/Table';
import { Segment, Tabs } from '../ui/Tabs';
import { Toast } from '../ui/Toast';
import { Checkbox, Switch } from '../ui/Toggle';
import { WaitRing } from '../ui/WaitRing';

const t = words({
  en: {
    title: 'Kit',
    subtitle: 'every component in every state',
    button: 'Button',
    send: 'Send',
    cancel: 'Cancel',
    remove: 'Delete',
    handOver: 'Hand over',
    field: 'Field',
    email: 'E-mail',
    hint: 'Only for signing in',
    port: 'Port',
    portBad: 'A port lies between 1 and 65535',
    team: 'Team',
    afterSales: 'After-sales',
    off: 'Off',
    remember: 'Remember',
    preview: 'Typing preview',
    ring: 'Wait ring',
    badge: 'Badge, count, dot, avatar',
    open: 'Open',
    signed: 'Delivered',
    late: 'Overdue',
    note: 'Note',
    bubble: 'Bubble',
    customer: 'Jiang Xiaoman',
    agent: 'Zhou Ke',
    wrong: 'The address is wrong',
    number: 'It should be number 18',
    typed: 'not number 8',
    remark: 'typing, only you see it',
    bot: 'Not shipped yet. What is the new address?',
    done: 'Changed, it leaves tonight',
    more: 'Anything else?',
    sending: 'Sending',
    failed: 'Tracking number SF 3026',
    notSent: 'Not sent, trying again',
    vip: 'A regular customer, use the fast courier.',
    fresh: '3 new messages',
    event: 'Handed over to After-sales',
    kettle: 'Shanlan kettle 600 ml',
    price: '¥268.00 · arrives on Friday',
    answers: 'Answers to choose from',
    yes: 'Yes, please',
    no: 'No, thank you',
    row: 'Row',
    refund: 'Still no refund for M-88213',
    banner: 'Banner, toast',
    also: 'Hannah Reed is writing too',
    cut: 'Disconnected, next try in 4 s',
    expired: 'The token expires in 2 days',
    backup: 'Backup done',
    resolved: 'Resolved',
    undo: 'Undo',
    states: 'Empty, loading, error',
    allDone: 'All answered',
    allDoneNext: 'New conversations appear here by themselves.',
    orders: 'The orders could not be fetched',
    limited: 'The shop says “too many requests”',
    retry: 'Try now',
    loading: 'Loading',
    table: 'Table',
    name: 'Name',
    state: 'State',
    online: 'Online',
    dialog: 'Dialog',
    merge: 'Merge into 4471?',
    mergeWhat: 'Both threads stand one below the other.',
    tabs: 'Tabs, segment, menu',
    reply: 'Reply',
    files: 'Files',
    icons: 'Icons',
    language: 'Language',
  },
  zh: {
    title: '组件',
    subtitle: '每个组件，每种状态',
    button: '按钮',
    send: '发送',
    cancel: '取消',
    remove: '删除',
    handOver: '转接',
    field: '输入',
    email: '邮箱',
    hint: '只用来登录',
    port: '端口',
    portBad: '端口要在 1 到 65535 之间',
    team: '团队',
    afterSales: '售后组',
    off: '停用',
    remember: '记住',
    preview: '打字预览',
    ring: '等待环',
    badge: '徽标、计数、点、头像',
    open: '处理中',
    signed: '已签收',
    late: '已超时',
    note: '备注',
    bubble: '气泡',
    customer: '蒋小满',
    agent: '周可',
    wrong: '地址写错了',
    number: '门牌号应该是 18 号',
    typed: '不是 8 号',
    remark: '正在输入，仅你可见',
    bot: '还没发货，可以改。新地址是？',
    done: '改好了，今晚发出',
    more: '还有别的需要吗？',
    sending: '发送中',
    failed: '运单号 SF 3026',
    notSent: '没发出去，正在重试',
    vip: '老客户，走顺丰。',
    fresh: '3 条新消息',
    event: '转给售后组',
    kettle: '山岚手冲壶 600 ml',
    price: '¥268.00 · 周五送达',
    answers: '可选的回答',
    yes: '好的',
    no: '不用了',
    row: '会话行',
    refund: 'M-88213 的退款还没到',
    banner: '横幅与吐司',
    also: 'Hannah Reed 也在写回复',
    cut: '断开了，4 秒后再连',
    expired: '令牌 2 天后过期',
    backup: '备份完成',
    resolved: '已解决',
    undo: '撤销',
    states: '空、载入、错误',
    allDone: '都回完了',
    allDoneNext: '新会话会自己出现在这里。',
    orders: '订单没取到',
    limited: '店铺返回“请求太多”',
    retry: '现在试',
    loading: '正在载入',
    table: '表',
    name: '姓名',
    state: '状态',
    online: '在线',
    dialog: '对话框',
    merge: '合并到 4471？',
    mergeWhat: '两段会话上下排列。',
    tabs: '页签、分段、菜单',
    reply: '回复',
    files: '附件',
    icons: '图标',
    language: '语言',
  },
});

const LANGUAGES = [
  { key: 'zh', label: '中' },
  { key: 'en', label: 'EN' },
] as const;
const KINDS: readonly NonNullable<ButtonProps['kind']>[] = ['prime', 'plain', 'ghost', 'harm', 'harm-prime', 'note'];
const PICTURES: readonly IconName[] = [
  'mark',
  'chat',
  'ticket',
  'users',
  'user',
  'globe',
  'chart',
  'plug',
  'intent',
  'gear',
  'search',
  'plus',
  'minus',
  'x',
  'check',
  'checks',
  'down',
  'right',
  'left',
  'back',
  'go',
  'more',
  'send',
  'clip',
  'image',
  'smile',
  'slash',
  'bolt',
  'lock',
  'clock',
  'moon',
  'sun',
  'swap',
  'merge',
  'tag',
  'eye',
  'pen',
  'bot',
  'mail',
  'phone',
  'pin',
  'box',
  'truck',
  'warn',
  'info',
  'stop',
  'refresh',
  'filter',
  'star',
  'at',
  'file',
  'copy',
  'out',
  'bell',
  'offline',
  'flag',
  'play',
  'pause',
  'device',
  'chip',
  'disk',
  'wand',
  'book',
  'cart',
  'link',
  'side',
  'down-tray',
];

/** Every component in every state, beside the look's own page. */
export function Gallery() {
  const w = t();
  return (
    <main class="gallery">
      <header class="row">
        <span class="logo">
          <Icon name="mark" />
        </span>
        <h1>{w.title}</h1>
        <span class="small t3">{w.subtitle}</span>
        <span class="end">
          <Segment<Language> label={w.language} tabs={LANGUAGES} chosen={language.value} onChoose={speak} />
        </span>
      </header>
      <div class="gallery-grid">
        <Column>
          <Buttons />
          <Fields />
          <Badges />
          <Icons />
        </Column>
        <Column>
          <Bubbles />
          <ListRows />
          <Menus />
        </Column>
        <Column>
          <Banners />
          <States />
          <Tables />
          <Files />
        </Column>
      </div>
    </main>
  );
}

function Column({ children }: { children: ComponentChildren }) {
  return <div class="gallery-column">{children}</div>;
}

function Block({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <Card title={title}>
      <div class="card-body">{children}</div>
    </Card>
  );
}

function Buttons() {
  const w = t();
  return (
    <Block title={w.button}>
      <div class="row wrap">
        {KINDS.map((kind) => (
          <Button key={kind} kind={kind}>
            {w.send}
          </Button>
        ))}
      </div>
      <div class="row wrap">
        {KINDS.map((kind) => (
          <Button key={kind} kind={kind} busy>
            {w.send}
          </Button>
        ))}
      </div>
      <div class="row wrap">
        <Button disabled reason={w.off}>
          {w.send}
        </Button>
        <Button kind="ghost" disabled reason={w.off}>
          {w.cancel}
        </Button>
      </div>
      <div class="row wrap">
        <Button size="s" icon="plus">
          {w.team}
        </Button>
        <Button size="l" kind="prime">
          {w.send}
        </Button>
        <Button icon="moon" label={w.handOver} />
        <Button kind="ghost" size="s" icon="more" label={w.more} />
      </div>
    </Block>
  );
}

function Fields() {
  const w = t();
  const [text, setText] = useState('');
  const [team, setTeam] = useState('a');
  const [on, setOn] = useState(true);
  return (
    <Block title={w.field}>
      <TextField label={w.email} placeholder="you@example.com" hint={w.hint} value={text} onInput={setText} />
      <TextField label={w.port} value="80800" error={w.portBad} onInput={setText} />
      <SelectField
        label={w.team}
        value={team}
        choices={[
          { value: 'a', label: w.afterSales },
          { value: 'b', label: w.team },
        ]}
        onChange={setTeam}
      />
      <TextField label={w.off} value="" placeholder={w.off} disabled onInput={setText} />
      <div class="row wrap">
        <Checkbox on={on} onChange={setOn}>
          {w.remember}
        </Checkbox>
        <Checkbox on={false} disabled onChange={setOn}>
          {w.off}
        </Checkbox>
      </div>
      <div class="row wrap">
        <Switch on={on} onChange={setOn}>
          {w.preview}
        </Switch>
        <Switch on={false} disabled onChange={setOn}>
          {w.off}
        </Switch>
      </div>
    </Block>
  );
}

function Badges() {
  const w = t();
  return (
    <Block title={w.badge}>
      <div class="row wrap">
        {(
          [
            [14, '0:14'],
            [81, '1:21'],
            [140, '2:20'],
            [169, '2:49'],
            [312, '5:12'],
          ] as const
        ).map(([waited, text]) => (
          <WaitRing key={text} waited={waited} promise={180} text={text} label={text} />
        ))}
      </div>
      <div class="row wrap">
        <Badge tone="info">{w.open}</Badge>
        <Badge tone="ok">{w.signed}</Badge>
        <Badge tone="warn">{w.open}</Badge>
        <Badge tone="danger">{w.late}</Badge>
        <Badge tone="bot">
          <Icon name="bot" />
          94%
        </Badge>
        <Badge tone="note">
          <Icon name="lock" />
          {w.note}
        </Badge>
        <Badge tone="line">{w.team}</Badge>
      </div>
      <div class="row wrap">
        <Count value={12} />
        <Count value={120} unread />
        <Dot state="online" />
        <Dot state="away" />
        <Dot state="broken" />
        <Dot state="offline" />
        <Key>Esc</Key>
      </div>
      <div class="row wrap">
        <Avatar id="a" name="林若溪" presence="online" />
        <Avatar id="bb" name="Hannah Reed" presence="away" />
        <Avatar id="ccc" name="" presence="offline" />
        <Avatar id="d" name="" kind="bot" />
        <Avatar id="e" name="周可" size="s" />
        <Avatar id="f" name="Tomas Reuter" size="xs" />
        <Avatar id="g" name="陈默" size="l" />
      </div>
    </Block>
  );
}

function Bubbles() {
  const w = t();
  return (
    <Block title={w.bubble}>
      <Say side="them" id="c" name={w.customer} at="10:21">
        <div class="said">
          <Bubble>{w.wrong}</Bubble>
        </div>
        <div class="said">
          <Bubble>{w.number}</Bubble>
        </div>
        <Ghost text={w.typed} remark={w.remark} />
      </Say>
      <Say side="us" voice="bot" id="b" name="Bot" at="10:22">
        <div class="said">
          <Bubble>{w.bot}</Bubble>
        </div>
      </Say>
      <Say
        side="us"
        id="a"
        name={w.agent}
        foot={
          <>
            <Icon name="clock" size="s" />
            {w.sending}
          </>
        }
      >
        <div class="said">
          <Bubble>{w.done}</Bubble>
        </div>
        <div class="said">
          <Bubble state="pending">{w.more}</Bubble>
        </div>
      </Say>
      <Say side="us" id="a" name={w.agent}>
        <MessageCard title={w.kettle} lines={[w.price]} actions={<Button size="s">{w.open}</Button>} />
        <QuickReplies label={w.answers}>
          <button type="button">{w.yes}</button>
          <button type="button">{w.no}</button>
        </QuickReplies>
      </Say>
      <Say side="us" id="a" name={w.agent} foot={<span class="tone-danger">{w.notSent}</span>}>
        <div class="said">
          <Bubble state="failed">{w.failed}</Bubble>
        </div>
      </Say>
      <Memo who={<b class="mid">{w.agent}</b>} at={<span class="num">10:23</span>}>
        {w.vip}
      </Memo>
      <DayLine fresh>{w.fresh}</DayLine>
      <EventLine icon="swap">
        {w.event} · <span class="num">10:24</span>
      </EventLine>
    </Block>
  );
}

function ListRows() {
  const w = t();
  const choose = (): void => undefined;
  return (
    <Card title={w.row}>
      <div role="listbox" aria-label={w.row}>
        <ConversationRow
          id="1"
          face="a"
          name="Oliver Grant"
          initialsOf="Oliver Grant"
          words={w.refund}
          source={{ id: 'mall', name: '城' }}
          unread={3}
          when={<WaitRing waited={312} promise={180} text="5:12" label="5:12" />}
          selected={false}
          onChoose={choose}
        />
        <ConversationRow
          id="2"
          face="b"
          name="林若溪"
          initialsOf="林若溪"
          words={w.typed}
          writing
          online
          onlineLabel={w.online}
          unread={0}
          when={<WaitRing waited={41} promise={180} text="0:41" label="0:41" />}
          selected
          onChoose={choose}
        />
        <ConversationRow
          id="3"
          face="c"
          name="Tomas Reuter"
          initialsOf="Tomas Reuter"
          words={w.bot}
          source={{ id: 'shop', name: 'Shop' }}
          online
          onlineLabel={w.online}
          mark="bot"
          unread={0}
          when={<span class="small t3 num">09:31</span>}
          selected={false}
          onChoose={choose}
        />
        <ConversationRow
          id="4"
          face="d"
          name="何田田"
          initialsOf="何田田"
          words={w.done}
          mark="read"
          unread={0}
          when={<span class="small t3 num">09:12</span>}
          assignee={{ id: 'a', name: w.agent }}
          selected={false}
          onChoose={choose}
        />
      </div>
    </Card>
  );
}

function Menus() {
  const w = t();
  const [tab, setTab] = useState('a');
  const [asking, setAsking] = useState(false);
  const nothing = (): void => undefined;
  return (
    <Block title={w.tabs}>
      <Tabs
        label={w.tabs}
        tabs={[
          { key: 'a', label: w.open },
          {
            key: 'b',
            label: (
              <>
                {w.late}
                <Count value={2} unread />
              </>
            ),
          },
        ]}
        chosen={tab}
        onChoose={setTab}
      />
      <div class="row wrap">
        <Segment
          label={w.reply}
          tabs={[
            { key: 'a', label: w.reply },
            {
              key: 'b',
              label: (
                <>
                  <Icon name="lock" size="s" />
                  {w.note}
                </>
              ),
            },
          ]}
          chosen={tab}
          onChoose={setTab}
        />
        <MenuButton
          label={w.more}
          icon="more"
          caption={w.more}
          side="start"
          items={[
            { key: 'a', label: w.handOver, icon: 'swap', keys: 'T', onChoose: nothing },
            'line',
            { key: 'b', label: w.remove, icon: 'stop', harm: true, onChoose: nothing },
          ]}
        />
        <Button onPress={() => setAsking(true)}>{w.dialog}</Button>
      </div>
      {asking && (
        <Dialog
          title={w.merge}
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button kind="ghost" onPress={() => setAsking(false)}>
                {w.cancel}
              </Button>
              <Button kind="prime" onPress={() => setAsking(false)}>
                {w.send}
              </Button>
            </>
          }
        >
          <p class="t2">{w.mergeWhat}</p>
        </Dialog>
      )}
    </Block>
  );
}

function Banners() {
  const w = t();
  return (
    <Block title={w.banner}>
      <Banner icon="eye">{w.also}</Banner>
      <Banner icon="offline" tone="warn">
        {w.cut}
      </Banner>
      <Banner icon="warn" tone="danger">
        {w.expired}
      </Banner>
      <Banner icon="check" tone="ok">
        {w.backup}
      </Banner>
      <div>
        <Toast
          action={
            <Button kind="ghost" size="s">
              {w.undo}
            </Button>
          }
        >
          {w.resolved}
        </Toast>
      </div>
    </Block>
  );
}

function States() {
  const w = t();
  return (
    <Card title={w.states}>
      <Empty icon="chat" title={w.allDone}>
        {w.allDoneNext}
      </Empty>
      <Skeleton label={w.loading} rows={2} />
      <Failure
        title={w.orders}
        reason={w.limited}
        retry={
          <Button size="s" icon="refresh">
            {w.retry}
          </Button>
        }
      />
    </Card>
  );
}

function Tables() {
  const w = t();
  return (
    <Card title={w.table}>
      <Table label={w.table} head={[w.name, w.state, w.ring]}>
        <tr>
          <td>{w.agent}</td>
          <td>
            <span class="row row-s">
              <Dot state="online" />
              {w.online}
            </span>
          </td>
          <td class="num">0:18</td>
        </tr>
        <tr>
          <td>Hannah Reed</td>
          <td>
            <span class="row row-s">
              <Dot state="away" />
              {w.off}
            </span>
          </td>
          <td class="num">0:24</td>
        </tr>
      </Table>
    </Card>
  );
}

function Files() {
  const w = t();
  return (
    <Block title={w.files}>
      <FileChip name="3926104755.pdf" detail="84 kB" action={<Icon name="down-tray" label={w.files} />} />
      <FileChip name="spout.jpg" image detail="" progress={0.62} progressLabel={w.sending} />
      <FileChip name="setup.exe" bad detail={w.notSent} />
      <Progress done={0.4} label={w.sending} />
      <div class="row row-s">
        {['mall', 'shop', 'taobao'].map((id) => (
          <Source key={id} id={id} name={id} />
        ))}
      </div>
    </Block>
  );
}

function Icons() {
  return (
    <Block title={t().icons}>
      <div class="row wrap">
        {PICTURES.map((name) => (
          <span key={name} title={name}>
            <Icon name={name} />
          </span>
        ))}
      </div>
    </Block>
  );
}
