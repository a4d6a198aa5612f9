import { words } from '../../kit/i18n';

export const t = words({
  en: {
    noSubject: 'No subject',
    transcript: 'Mail the conversation to the customer',
    transcribed: (to: string) => `The conversation is on its way to ${to}.`,
    route: (from: string, to: string) => `${from} → ${to}`,
    copies: (cc: string) => `Cc ${cc}`,
    leftOut: (files: string) => `Not taken: ${files}. They are in the mailbox.`,
    cut: 'This mail is too large: here is its beginning, all of it is in the mailbox.',
    answerTo: (to: string) => `E-mail to ${to}`,
    nobody: 'This customer has no e-mail address: enter one at the customer, else the answer reaches nobody.',
    lost: (source: string, reason: string) => `The answer did not reach the customer (${source}): ${reason}`,
    failed: (address: string, reason: string) => `The e-mail${address && ` to ${address}`} did not arrive: ${reason}`,
    why: {
      mail_no_address: 'the customer has no address. Enter one at the customer, then answer again.',
      mail_address_unusable: 'no mail can be sent to this address. Correct it at the customer, then answer again.',
      mail_off: 'no mail server is set. An administrator sets one under Settings, E-mail.',
      other: 'the mail server did not take it. An administrator sees why under Settings, E-mail.',
    },
  },
  zh: {
    noSubject: '无主题',
    transcript: '将会话记录发送给客户',
    transcribed: (to) => `会话记录已发往 ${to}。`,
    route: (from, to) => `${from} → ${to}`,
    copies: (cc) => `抄送 ${cc}`,
    leftOut: (files) => `未接收：${files}。可在邮箱中查看。`,
    cut: '邮件过大，此处仅为开头，完整内容在邮箱中。',
    answerTo: (to) => `发送邮件至 ${to}`,
    nobody: '该客户没有邮箱：请在客户资料中填写，否则回复无法送达。',
    lost: (source, reason) => `回复未能送达客户（${source}）：${reason}`,
    failed: (address, reason) => (address ? `发往 ${address} 的邮件未送达：${reason}` : `邮件未送达：${reason}`),
    why: {
      mail_no_address: '该客户没有邮箱。请在客户资料中填写后重新回复。',
      mail_address_unusable: '无法向该邮箱发送邮件。请在客户资料中更正后重新回复。',
      mail_off: '尚未设置邮件服务器。请管理员在“设置 → 邮箱”中设置。',
      other: '邮件服务器未接收。管理员可在“设置 → 邮箱”中查看原因。',
    },
  },
});

/** Why a mail did not arrive: a mail server's own words as they are, a code of ours in words. */
export function whyNot(reason: string): string {
  const known: Readonly<Record<string, string>> = t().why;
  return known[reason] ?? (/^[a-z]+(_[a-z]+)+$/.test(reason) ? t().why.other : reason);
}
