/** What the bot's lines and marks say. */
import { language, words } from '../../kit/i18n';

type Data = Readonly<Record<string, string>>;

export const t = words({
  en: {
    reasons: {
      human: 'the customer asked for a person', asked: 'the intent says so', angry: 'the customer sounds angry',
      file: 'a file came without words', repeated: 'the same was asked twice', unsure: 'it was not sure twice',
      unknown: 'it knows no answer', slot: 'what it asked for was not answered', not_helped: 'the answer did not help',
      turns: 'it took too long', proof: 'whose record it is was not proven', error: 'something failed', late: 'it did not answer in time',
    } as Readonly<Record<string, string>>,
    handedOver: (bot: string, why: string) => `${bot} hands over${why && `: ${why}`}`,
    asked: (text: string) => `Asked: “${text}”`,
    understood: (title: string, percent: number) => `understood: ${title}, ${percent} %`,
    nothing: 'nothing understood',
    slots: (text: string) => `known: ${text}`,
    answered: (titles: string) => `answered: ${titles}`,
    records: (numbers: string) => `records shown: ${numbers}`,
    stop: ' · ',
    mark: (title: string, percent: number) => `${title} · ${percent} %`,
    tiers: {
      confirmed: 'a confirmed phrase', rule: 'a rule', fuzzy: 'a phrase nearly the same', model: 'the model', pack: 'the pack', none: 'nothing known',
    } as Readonly<Record<string, string>>,
    by: (tier: string) => `By ${tier}`,
    right: 'Right',
    wrong: 'Wrong',
    is: 'It is another intent',
    which: 'What did the customer mean?',
    none: 'None of these',
    search: 'Intent',
    save: 'It is this one',
    taught: 'Noted. It holds from now on.',
    loading: 'Intents are loaded',
  },
  zh: {
    reasons: {
      human: '客户要求人工', asked: '该意图要求转人工', angry: '客户情绪不佳', file: '只收到文件', repeated: '重复提问', unsure: '两次无法确定',
      unknown: '没有答案', slot: '未得到所需信息', not_helped: '回答没有帮助', turns: '轮次过多', proof: '无法核实记录归属', error: '出现错误', late: '未能及时回答',
    },
    handedOver: (bot, why) => `${bot}转人工${why && `：${why}`}`,
    asked: (text) => `问题：“${text}”`,
    understood: (title, percent) => `理解为：${title}（${percent}%）`,
    nothing: '未能理解',
    slots: (text) => `已知：${text}`,
    answered: (titles) => `已回答：${titles}`,
    records: (numbers) => `已出示记录：${numbers}`,
    stop: ' · ',
    mark: (title, percent) => `${title} · ${percent}%`,
    tiers: { confirmed: '已确认的说法', rule: '规则', fuzzy: '相近的说法', model: '模型', pack: '扩展包', none: '未知' },
    by: (tier) => `依据：${tier}`,
    right: '正确',
    wrong: '错误',
    is: '是其他意图',
    which: '客户的意思是？',
    none: '都不是',
    search: '意图',
    save: '就是这个',
    taught: '已记录，立即生效。',
    loading: '正在加载意图',
  },
});

/** That it has handed over, and why. */
export function handedOver(bot: string, reason: string): string {
  return t().handedOver(bot, t().reasons[reason] ?? reason);
}

/** What colleagues have to know before they answer: what was asked, understood, said and shown. */
export function summary(data: Data): string {
  const w = t();
  const title = data[`title_${language.value}`] ?? data.intent ?? '';
  const answered = data[`answered_${language.value}`] ?? '';
  const parts = [
    data.asked ? w.asked(data.asked) : '',
    title ? w.understood(title, percent(data.confidence)) : w.nothing,
    data.slots ? w.slots(data.slots) : '',
    answered ? w.answered(answered) : '',
    data.records ? w.records(data.records) : '',
  ];
  return parts.filter(Boolean).join(w.stop);
}

export function percent(confidence: string | undefined): number {
  return Math.round(Number(confidence ?? 0) * 100);
}
