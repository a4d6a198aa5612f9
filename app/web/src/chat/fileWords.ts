import { words } from '../kit/i18n';

/** Words of what is seen of files on their way up. */
export const f = words({
  en: {
    retryFile: (name: string) => `Upload ${name} again`,
    fileWaits: 'Interrupted. It goes on by itself.',
    chooseAgain: 'It was not up when the page was left. Choose it again.',
    chosenFiles: 'Files of this message',
  },
  zh: {
    retryFile: (name: string) => `重新上传 ${name}`,
    fileWaits: '上传中断，稍后自动继续。',
    chooseAgain: '离开页面时尚未传完，请重新选择。',
    chosenFiles: '随消息发送的文件',
  },
});
