/**
 * Every key of the console, in one table: the sheet shows it, the command bar offers what can be done now.
 *
 * A screen binds what it can do (`useShortcut`); the one listener (`listen`) finds the key and does it. Keys that an
 * element handles by itself (Enter in the field, arrows in a list) stand here for the sheet alone: `local`.
 */
import { computed, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { IconName } from '../../kit/icons/names';
import { words } from '../../kit/i18n';
import { localStorageOrNull } from '../../kit/storage';

export const GROUPS = ['anywhere', 'list', 'conversation', 'messages', 'composer'] as const;
export type Group = (typeof GROUPS)[number];

interface Entry {
  readonly group: Group;
  /** `Mod` is Ctrl, or ⌘ on a Mac; the last part is `KeyboardEvent.key`. */
  readonly keys: string;
  readonly icon?: IconName;
  /** Handled by the element that has the focus. */
  readonly local?: true;
}

const TABLE = {
  commands: { group: 'anywhere', keys: 'Mod+k', icon: 'search' },
  sheet: { group: 'anywhere', keys: '?' },
  acceptOffer: { group: 'anywhere', keys: 'y', icon: 'check' },
  refuseOffer: { group: 'anywhere', keys: 'Shift+Y' },
  goList: { group: 'anywhere', keys: 'Escape', icon: 'left' },
  toggleList: { group: 'anywhere', keys: '[', icon: 'left' },
  toggleSide: { group: 'anywhere', keys: ']', icon: 'side' },
  nextConversation: { group: 'list', keys: 'j' },
  previousConversation: { group: 'list', keys: 'k' },
  moveInList: { group: 'list', keys: 'ArrowUp ArrowDown', local: true },
  reply: { group: 'conversation', keys: 'r', icon: 'send' },
  note: { group: 'conversation', keys: 'n', icon: 'lock' },
  take: { group: 'conversation', keys: 't', icon: 'user' },
  assign: { group: 'conversation', keys: 'a', icon: 'swap' },
  resolve: { group: 'conversation', keys: 'e', icon: 'check' },
  select: { group: 'list', keys: 'x', icon: 'check' },
  unselect: { group: 'list', keys: 'Shift+X', icon: 'x' },
  macro: { group: 'conversation', keys: 'm', icon: 'wand' },
  snooze: { group: 'conversation', keys: 'z', icon: 'moon' },
  reopen: { group: 'conversation', keys: 'Shift+E', icon: 'refresh' },
  find: { group: 'conversation', keys: 'Mod+f', icon: 'search' },
  firstUnread: { group: 'conversation', keys: 'u', icon: 'up' },
  newest: { group: 'conversation', keys: 'g', icon: 'down' },
  moveInThread: { group: 'messages', keys: 'ArrowUp ArrowDown', local: true },
  send: { group: 'composer', keys: 'Enter', local: true },
  newLine: { group: 'composer', keys: 'Shift+Enter', local: true },
  canned: { group: 'composer', keys: '/', local: true },
  mention: { group: 'composer', keys: '@', local: true },
  sendCanned: { group: 'composer', keys: 'Alt+Enter', local: true },
} satisfies Record<string, Entry>;

export type ShortcutId = keyof typeof TABLE;

export interface Shortcut extends Entry {
  readonly id: ShortcutId;
}

export const SHORTCUTS: readonly Shortcut[] = (Object.keys(TABLE) as ShortcutId[]).map((id) => ({
  id,
  ...(TABLE[id] as Entry),
}));

const t = words<{ groups: Record<Group, string>; labels: Record<ShortcutId, string> }>({
  en: {
    groups: {
      anywhere: 'Anywhere',
      list: 'List',
      conversation: 'Conversation',
      messages: 'In the thread',
      composer: 'While writing',
    },
    labels: {
      commands: 'Search and commands',
      sheet: 'Keyboard shortcuts',
      acceptOffer: 'Take what is offered',
      refuseOffer: 'Do not take what is offered',
      goList: 'Back to the list',
      toggleList: 'Show or hide the list',
      toggleSide: 'Show or hide the contact',
      nextConversation: 'Next conversation',
      previousConversation: 'Previous conversation',
      moveInList: 'Move through the list',
      reply: 'Write a reply',
      note: 'Write a note',
      take: 'Take the conversation',
      assign: 'Hand over',
      resolve: 'Resolve',
      select: 'Choose the conversation',
      unselect: 'Choose none',
      macro: 'Use a macro',
      snooze: 'Put off',
      reopen: 'Reopen',
      find: 'Search in this conversation',
      firstUnread: 'First unread message',
      newest: 'Newest message',
      moveInThread: 'From message to message',
      send: 'Send',
      newLine: 'New line',
      canned: 'Canned replies, at the start of a word',
      mention: 'Mention a colleague, in a note',
      sendCanned: 'Send the chosen canned reply at once',
    },
  },
  zh: {
    groups: { anywhere: '任何地方', list: '列表', conversation: '会话', messages: '消息记录中', composer: '输入时' },
    labels: {
      commands: '搜索与命令',
      sheet: '键盘快捷键',
      acceptOffer: '接受派单',
      refuseOffer: '拒绝派单',
      goList: '回到列表',
      toggleList: '显示或收起列表',
      toggleSide: '显示或收起联系人',
      nextConversation: '下一个会话',
      previousConversation: '上一个会话',
      moveInList: '在列表中移动',
      reply: '写回复',
      note: '写备注',
      take: '接待这个会话',
      assign: '转接',
      resolve: '解决',
      select: '选择会话',
      unselect: '取消选择',
      macro: '使用宏',
      snooze: '稍后处理',
      reopen: '重新打开',
      find: '在本会话中搜索',
      firstUnread: '第一条未读',
      newest: '最新消息',
      moveInThread: '逐条移动',
      send: '发送',
      newLine: '换行',
      canned: '快捷回复，放在词首',
      mention: '在备注中提到同事',
      sendCanned: '直接发送所选快捷回复',
    },
  },
});

export function labelOf(id: ShortcutId): string {
  return t().labels[id];
}

export function groupLabel(group: Group): string {
  return t().groups[group];
}

/** What stands on the keys, as key caps: `['Ctrl', 'K']`; alternatives of a `local` one each have their own. */
export function keyCaps(id: ShortcutId, mac = isMac()): readonly string[] {
  return (TABLE[id] as Entry).keys.split(' ').flatMap((keys) => keys.split('+').map((key) => cap(key, mac)));
}

/** For a tooltip: `Ctrl+K`. */
export function keyText(id: ShortcutId): string {
  return keyCaps(id).join(isMac() ? '' : '+');
}

function cap(key: string, mac: boolean): string {
  const named: Readonly<Record<string, string>> = {
    Mod: mac ? '⌘' : 'Ctrl',
    Alt: mac ? '⌥' : 'Alt',
    Shift: mac ? '⇧' : 'Shift',
    ArrowUp: '↑',
    ArrowDown: '↓',
    Escape: 'Esc',
    Enter: mac ? '⏎' : 'Enter',
  };
  return named[key] ?? key.toUpperCase();
}

function isMac(): boolean {
  return /Mac|iP/.test(globalThis.navigator?.platform ?? '');
}

// --- who does what now ---

/** What a key does; `false` says that it is not for us, and the browser gets it. */
export type Deed = () => void | boolean;

const bound = signal<ReadonlyMap<ShortcutId, readonly Deed[]>>(new Map());

/** What can be done now, in the table's order. */
export const available = computed(() => SHORTCUTS.filter(({ id }) => bound.value.has(id)));

/** Binds a deed until the returned function is called; of several the latest counts. */
export function bind(id: ShortcutId, deed: Deed): () => void {
  put(id, [...(bound.peek().get(id) ?? []), deed]);
  return () =>
    put(
      id,
      (bound.peek().get(id) ?? []).filter((other) => other !== deed),
    );
}

/** Does it as its key would; false when nobody can now. */
export function run(id: ShortcutId): boolean {
  const deed = bound.peek().get(id)?.at(-1);
  return deed !== undefined && deed() !== false;
}

/** Binds a deed while the component stands there; null: not now. */
export function useShortcut(id: ShortcutId, deed: Deed | null): void {
  const latest = useRef(deed);
  latest.current = deed;
  const on = deed !== null;
  useEffect(() => (on ? bind(id, () => latest.current?.()) : undefined), [id, on]);
}

function put(id: ShortcutId, deeds: readonly Deed[]): void {
  const next = new Map(bound.peek());
  if (deeds.length > 0) next.set(id, deeds);
  else next.delete(id);
  bound.value = next;
}

// --- the one listener ---

const LETTERS = 'monodesk.letterKeys';

/** Whether single letters are shortcuts: who speaks to his computer, or types by accident, switches them off. */
export const letterKeys = signal(true);

export function recallLetterKeys(): void {
  letterKeys.value = localStorageOrNull()?.getItem(LETTERS) !== 'off';
}

export function chooseLetterKeys(on: boolean): void {
  letterKeys.value = on;
  localStorageOrNull()?.setItem(LETTERS, on ? 'on' : 'off');
}

/** Hears the page's keys until the returned function is called. */
export function listen(page: Document): () => void {
  const press = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
    const shortcut = SHORTCUTS.find((one) => !one.local && pressed(one.keys, event));
    if (!shortcut || !heard(shortcut, event, page)) return;
    if (run(shortcut.id)) event.preventDefault();
  };
  page.addEventListener('keydown', press);
  return () => page.removeEventListener('keydown', press);
}

/** Whether an event is exactly these keys. */
export function pressed(keys: string, event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>): boolean {
  const parts = keys.split('+');
  const key = parts.at(-1) ?? '';
  const letter = /^[a-z]$/i.test(key);
  if (event.key.toLowerCase() !== key.toLowerCase()) return false;
  if ((event.ctrlKey || event.metaKey) !== parts.includes('Mod') || event.altKey !== parts.includes('Alt')) return false;
  // a sign such as ? lies under Shift on one keyboard and not on another
  return (!letter && key.length === 1) || event.shiftKey === parts.includes('Shift');
}

/** Letters belong to a field that is written in; an open dialog or menu keeps all keys but the command bar's. */
function heard({ id, keys }: Shortcut, event: KeyboardEvent, page: Document): boolean {
  if (id === 'commands') return true;
  if (page.querySelector('dialog[open], [role="menu"]')) return false;
  return keys.includes('Mod') || keys === 'Escape' || (letterKeys.peek() && !writing(event.target));
}

function writing(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null;
}
