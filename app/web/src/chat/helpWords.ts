import { words } from '../kit/i18n';

/** Words of the articles in the chat. */
export const a = words({
  en: {
    help: 'Help', popular: 'Often read', all: 'Search the articles', search: 'Search the articles', none: 'Nothing found. Try other words, or ask us.',
    found: (count: number) => (count === 1 ? '1 article' : `${count} articles`),
    helped: 'Did this help?', yes: 'Yes', no: 'No', thanks: 'Thank you for telling us.', ask: 'Ask a person', stillAsk: 'Did not find it? Ask a person.',
    gone: 'This article is not there any more.', readIn: { en: 'Read in English', zh: '用中文阅读' },
  },
  zh: {
    help: '帮助', popular: '常见问题', all: '搜索文章', search: '搜索文章', none: '没有找到。换个词试试，或者直接问我们。',
    found: (count: number) => `${count} 篇文章`,
    helped: '这篇文章有帮助吗？', yes: '有帮助', no: '没有', thanks: '感谢你的反馈。', ask: '联系客服', stillAsk: '没有找到答案？联系客服。',
    gone: '这篇文章已经不在了。', readIn: { en: 'Read in English', zh: '用中文阅读' },
  },
});
