import { words } from '../kit/i18n';

/** Words of the home page, of opening hours, and of the line that asks for a rating. */
export const h = words({
  en: {
    online: (count: number) => (count === 1 ? '1 person online' : `${count} people online`),
    nobody: 'Nobody is online',
    closed: 'We are closed',
    closedFor: (name: string) => `We are closed today: ${name}`,
    holidayClosed: 'closed',
    reply: { minute: 'usually answers within a minute', minutes: (count: number) => `usually answers within ${count} minutes`, hours: (count: number) => (count === 1 ? 'usually answers within an hour' : `usually answers within ${count} hours`), day: 'usually answers within a day' },
    opens: (when: string) => `Open again ${when}`,
    until: (when: string) => `Open until ${when}`,
    on: (day: string, time: string) => `${day} at ${time}`,
    hours: 'Opening hours',
    hoursZone: (zone: string) => `Times of ${zone}`,
    leaveInstead: 'Leave a message instead',
    leave: 'Leave a message',
    unread: (count: number) => `${count} unread`,
    file: (name: string) => `File: ${name}`,
    you: 'You: ',
    rateTitle: 'How did it go?',
    scores: ['Bad', 'Not good', 'All right', 'Good', 'Very good'],
    rateLabel: 'Rating',
    rated: (score: string) => `You rated it: ${score}`,
    change: 'Change',
  },
  zh: {
    online: (count: number) => `${count} 人在线`,
    nobody: '现在没有客服在线',
    closed: '现在不在营业时间',
    closedFor: (name: string) => `今天休息：${name}`,
    holidayClosed: '休息',
    reply: { minute: '通常 1 分钟内回复', minutes: (count: number) => `通常 ${count} 分钟内回复`, hours: (count: number) => `通常 ${count} 小时内回复`, day: '通常一天内回复' },
    opens: (when: string) => `${when}恢复服务`,
    until: (when: string) => `营业到${when}`,
    on: (day: string, time: string) => `${day} ${time}`,
    hours: '营业时间',
    hoursZone: (zone: string) => `以${zone}时间为准`,
    leaveInstead: '改为留言',
    leave: '留言',
    unread: (count: number) => `${count} 条未读`,
    file: (name: string) => `文件：${name}`,
    you: '我：',
    rateTitle: '这次解决得怎么样？',
    scores: ['很差', '不太好', '一般', '满意', '非常满意'],
    rateLabel: '评分',
    rated: (score: string) => `你的评分：${score}`,
    change: '修改',
  },
});

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** What the last answers promise, rounded up to what a person would say; empty where it is more than a day. */
export function promise(seconds: number | null): string {
  const { reply } = h();
  if (seconds === null || seconds > DAY) return '';
  if (seconds <= MINUTE) return reply.minute;
  if (seconds <= 55 * MINUTE) {
    const minutes = Math.ceil(seconds / MINUTE);
    return reply.minutes(minutes <= 5 ? minutes : Math.ceil(minutes / 5) * 5);
  }
  return seconds <= 12 * HOUR ? reply.hours(Math.ceil(seconds / HOUR)) : reply.day;
}
