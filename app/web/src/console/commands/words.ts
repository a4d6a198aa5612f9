/** The command bar's own words. */
import { words } from '../../kit/i18n';

export const t = words({
  en: {
    macro: (name: string) => `Macro: ${name}`,
    title: 'Search and commands',
    placeholder: 'Search, or run a command',
    results: 'Results',
    groups: {
      actions: 'Actions',
      recent: 'Recent',
      views: 'Go to',
      settings: 'Settings',
      conversations: 'Conversations',
      contacts: 'Customers',
      tickets: 'Tickets',
      messages: 'Messages',
    },
    move: 'Move',
    choose: 'Choose',
    count: (count: number) => (count === 1 ? '1 result' : `${count} results`),
    noConversation: (name: string) => `${name} has no conversation that you may see`,
    searching: 'Searching',
    themes: { system: 'Appearance: as the system', light: 'Appearance: light', dark: 'Appearance: dark' },
  },
  zh: {
    macro: (name: string) => `宏：${name}`,
    title: '搜索与命令',
    placeholder: '搜索，或输入命令',
    results: '结果',
    groups: {
      actions: '操作',
      recent: '最近打开',
      views: '前往',
      settings: '设置',
      conversations: '会话',
      contacts: '客户',
      tickets: '工单',
      messages: '消息',
    },
    move: '移动',
    choose: '选择',
    count: (count) => `${count} 条结果`,
    noConversation: (name) => `${name} 没有你能看的会话`,
    searching: '正在搜索',
    themes: { system: '外观：跟随系统', light: '外观：浅色', dark: '外观：深色' },
  },
});
