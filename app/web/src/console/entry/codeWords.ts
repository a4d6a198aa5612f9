import { words } from '../../kit/i18n';

/** What the second step of signing in says. */
export const t = words({
  en: {
    title: 'One more step',
    hint: 'Type the code that your authenticator app shows now.',
    code: 'Code',
    recoveryHint: 'Type one of the recovery codes that you kept. Each works once.',
    recoveryCode: 'Recovery code',
    useRecovery: 'Use a recovery code',
    useApp: 'Use the app',
    help: 'Neither phone nor recovery codes? An administrator can turn this step off for you.',
    startOver: 'Start over',
  },
  zh: {
    title: '还差一步',
    hint: '请输入验证器应用当前显示的验证码。',
    code: '验证码',
    recoveryHint: '请输入你保存的任意一个恢复码。每个只能用一次。',
    recoveryCode: '恢复码',
    useRecovery: '改用恢复码',
    useApp: '改用验证器应用',
    help: '手机和恢复码都不在手边？请管理员为你关闭这一步。',
    startOver: '重新登录',
  },
});
