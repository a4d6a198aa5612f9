import { words } from '../../kit/i18n';

/** Words of greetings by rule. */
export const t = words({
  en: {
    title: 'Greetings by page and language',
    hint: 'The first that fits is shown at home and at the top of a new conversation; else the greeting above.',
    none: 'No rules: everybody reads the greeting above',
    add: 'Add a greeting',
    nth: (place: number) => `Greeting ${place}`,
    remove: (place: number) => `Remove greeting ${place}`,
    up: (place: number) => `Move greeting ${place} up`,
    readers: 'For readers of',
    languages: { any: 'Every language', en: 'English', zh: 'Chinese' },
  },
  zh: {
    title: '按页面和语言显示欢迎语',
    hint: '符合条件的第一条会显示在首页和新会话的顶部，否则显示上面的欢迎语。',
    none: '没有规则：所有人都看到上面的欢迎语',
    add: '添加欢迎语',
    nth: (place) => `欢迎语 ${place}`,
    remove: (place) => `删除欢迎语 ${place}`,
    up: (place) => `上移欢迎语 ${place}`,
    readers: '适用语言',
    languages: { any: '所有语言', en: '英文', zh: '中文' },
  },
});
