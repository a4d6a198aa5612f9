/** The frame's own words. */
import { words } from '../../kit/i18n';

export const t = words({
  en: {
    resizeList: 'Width of the list',
    resizeSide: 'Width of the contact pane',
    resizeHint: 'Drag, or use the arrow keys. Double click: usual width. Enter: hide.',
    showList: 'Show the list',
    hideList: 'Hide the list',
    hideSide: 'Hide the contact',
    shortcuts: 'Keyboard shortcuts',
    letterKeys: 'Single letters are shortcuts',
    letterKeysHint: 'Off: only keys with Ctrl or ⌘, for who dictates or types by accident.',
    notUp: 'The desk does not answer',
  },
  zh: {
    resizeList: '列表宽度',
    resizeSide: '联系人栏宽度',
    resizeHint: '可拖动，或用方向键调整。双击恢复默认宽度，回车收起。',
    showList: '显示列表',
    hideList: '收起列表',
    hideSide: '收起联系人',
    shortcuts: '键盘快捷键',
    letterKeys: '单个字母也是快捷键',
    letterKeysHint: '关闭后只保留带 Ctrl 或 ⌘ 的快捷键，适合用语音输入或容易误触的人。',
    notUp: '服务台没有回应',
  },
});
