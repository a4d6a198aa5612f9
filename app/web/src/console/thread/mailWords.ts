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
    failed: (address: string, reason: string) => `The e-mail to ${address} did not arrive: ${reason}`,
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
    failed: (address, reason) => `发往 ${address} 的邮件未送达：${reason}`,
  },
});
