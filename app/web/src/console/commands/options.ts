/** What the command bar offers: what can be done and where one can go, by what was typed. */
import type { Contact, Conversation, Msg, Ticket } from '../../kit/frames';
import type { IconName } from '../../kit/icons/names';
import { language } from '../../kit/i18n';
import type { Desk } from '../state/desk';
import { VIEWS, type Row } from '../state/heads';
import { PAGE_NEEDS, SETTINGS_PAGES, type SettingsPage } from '../state/router';
import { type ShortcutId, available, keyCaps, labelOf, run } from '../state/shortcuts';
import { type Theme, chooseTheme } from '../state/theme';
import { t as words } from '../words';
import { t } from './words';

export const GROUPS = ['actions', 'recent', 'conversations', 'contacts', 'tickets', 'messages', 'views', 'settings'] as const;
export type Group = (typeof GROUPS)[number];

export interface Option {
  readonly key: string;
  readonly group: Group;
  readonly label: string;
  readonly icon?: IconName | undefined;
  /** Whose face stands before it. */
  readonly face?: { readonly id: string; readonly name: string } | undefined;
  /** A line below, in which what was typed is marked. */
  readonly words?: string | undefined;
  readonly at?: number | undefined;
  readonly note?: boolean | undefined;
  readonly keys?: readonly string[] | undefined;
  readonly choose: () => void;
}

export interface Hit {
  readonly conversation: Conversation;
  readonly contact: Contact | null;
  readonly message: Msg;
}

const CONVERSATIONS_MAX = 5;
/** Said by the page itself, or of no use from here. */
const LEFT_OUT: ReadonlySet<ShortcutId> = new Set(['commands', 'goList', 'nextConversation', 'previousConversation']);
const THEMES: readonly Theme[] = ['light', 'dark', 'system'];

/** Without a question: what can be done here and now. With one: what of it fits. */
export function own(desk: Desk, query: string): readonly Option[] {
  const offered = [...actions(), ...(query === '' ? [] : macros(desk)), ...(query === '' ? recent(desk) : conversations(desk, query)), ...places(desk)];
  if (query === '') return offered.filter(({ group }) => group !== 'settings');
  return offered.filter(({ group, label }) => group === 'conversations' || fits(label, query));
}

/** Whether every word of the query stands in the text; case does not matter. */
export function fits(text: string, query: string): boolean {
  const lower = text.toLocaleLowerCase(language.peek());
  return query.toLocaleLowerCase(language.peek()).split(/\s+/u).every((word) => lower.includes(word));
}

export function ofContact(desk: Desk, contact: Contact): Option {
  const name = nameOf(contact);
  return {
    key: `contact-${contact.id}`,
    group: 'contacts',
    label: name,
    face: { id: contact.id, name: contact.name },
    words: [contact.email, contact.phone].filter(Boolean).join(' · '),
    choose: () => void newestOf(desk, contact.id, name),
  };
}

export function ofTicket(desk: Desk, { id, number, title, updated_at: at, description }: Ticket): Option {
  return {
    key: `ticket-${id}`,
    group: 'tickets',
    label: `#${number} ${title}`,
    icon: 'ticket',
    words: description,
    at,
    choose: () => desk.router.go(`tickets/${id}`),
  };
}

/** A message's words, and those of its cards and quick replies, which are found as well. */
function saidIn({ text = '', content }: Msg): string {
  const cards = content?.cards.flatMap(({ title, lines, buttons }) => [title, ...lines, ...buttons.map(({ label }) => label)]);
  return [text, ...(cards ?? []), ...(content?.replies ?? [])].filter(Boolean).join(' · ');
}

export function ofMessage(desk: Desk, { conversation, contact, message }: Hit): Option {
  const said = saidIn(message);
  return {
    key: `message-${message.id}`,
    group: 'messages',
    label: contact ? nameOf(contact) : '',
    face: { id: conversation.contact_id, name: contact?.name ?? '' },
    words: message.sender.kind === 'visitor' ? said : words().receivedFrom(message.sender.name, said),
    at: message.at,
    note: message.kind === 'note',
    choose: () => desk.router.go(`c/${conversation.id}?m=${message.seq}`),
  };
}

function actions(): readonly Option[] {
  return available
    .peek()
    .filter(({ id }) => !LEFT_OUT.has(id))
    .sort((one, other) => Number(one.group === 'anywhere') - Number(other.group === 'anywhere')) // what is at hand first
    .map(({ id, icon }) => ({
      key: `do-${id}`,
      group: 'actions',
      label: labelOf(id),
      icon: icon ?? 'go',
      keys: keyCaps(id),
      choose: () => void run(id),
    }));
}

/** Each opens what it would do in the conversation that is open. */
function macros(desk: Desk): readonly Option[] {
  const open = desk.open.peek();
  const status = open === null ? undefined : desk.lists.heads.peek().get(open)?.conversation.status;
  if (status === undefined || status === 'resolved' || status === 'closed' || !desk.may('conversations.write')) return [];
  return desk.macros.all.value.map(({ id, name }) => ({
    key: `macro-${id}`,
    group: 'actions' as const,
    label: t().macro(name),
    icon: 'wand' as const,
    choose: () => void (desk.macros.open.value = id),
  }));
}

function recent(desk: Desk): readonly Option[] {
  const rows = desk.recent.ids.value.map((id) => desk.lists.heads.value.get(id));
  return rows
    .filter((row): row is Row => row !== undefined && row.conversation.id !== desk.open.peek())
    .slice(0, CONVERSATIONS_MAX)
    .map((row) => ofRow(desk, row, 'recent'));
}

function conversations(desk: Desk, query: string): readonly Option[] {
  const found: Option[] = [];
  for (const row of desk.lists.heads.value.values()) {
    const name = row.contact ? nameOf(row.contact) : '';
    if (!fits(`${name} ${row.contact?.email ?? ''}`, query)) continue;
    found.push(ofRow(desk, row, 'conversations'));
    if (found.length === CONVERSATIONS_MAX) break;
  }
  return found;
}

function ofRow(desk: Desk, { conversation, contact }: Row, group: Group): Option {
  return {
    key: `row-${conversation.id}`,
    group,
    label: contact ? nameOf(contact) : '',
    face: { id: conversation.contact_id, name: contact?.name ?? '' },
    words: conversation.last_text || words().photo,
    at: conversation.last_at || conversation.updated_at,
    choose: () => desk.router.go(`c/${conversation.id}`),
  };
}

function places(desk: Desk): readonly Option[] {
  const w = words();
  const views = VIEWS.map(
    (view): Option => ({
      key: `view-${view}`,
      group: 'views',
      label: w.headings[view],
      icon: 'chat',
      choose: () => {
        desk.lists.show(view);
        if (desk.router.route.peek().page !== 'desk') desk.router.go('');
      },
    }),
  );
  const tickets: Option[] = desk.may('tickets.read')
    ? [{ key: 'tickets', group: 'views', label: w.tickets, icon: 'ticket', choose: () => desk.router.go('tickets') }]
    : [];
  const visitors: Option[] = desk.may('contacts.read')
    ? [{ key: 'visitors', group: 'views', label: w.visitors, icon: 'globe', choose: () => desk.router.go('visitors') }]
    : [];
  const contacts: Option[] = desk.may('contacts.read')
    ? [{ key: 'contacts', group: 'views', label: w.contacts, icon: 'users', choose: () => desk.router.go('contacts') }]
    : [];
  const pages = SETTINGS_PAGES.filter((page) => mayOpen(desk, page)).map(
    (page): Option => ({
      key: `settings-${page}`,
      group: 'settings',
      label: w[page],
      icon: 'gear',
      choose: () => desk.router.go(`settings/${page}`),
    }),
  );
  const themes = THEMES.map(
    (theme): Option => ({
      key: `theme-${theme}`,
      group: 'settings',
      label: t().themes[theme],
      icon: theme === 'dark' ? 'moon' : 'sun',
      choose: () => chooseTheme(theme),
    }),
  );
  return [...views, ...tickets, ...visitors, ...contacts, ...pages, ...themes];
}

async function newestOf(desk: Desk, contact: string, name: string): Promise<void> {
  const answer = await desk.api
    .get<{ conversations: readonly Conversation[] }>(`api/v1/contacts/${contact}`)
    .catch(() => null);
  const [newest] = answer?.conversations ?? [];
  if (newest) desk.router.go(`c/${newest.id}`);
  else desk.say(answer ? t().noConversation(name) : words().unreachable);
}

function nameOf({ name, number }: Contact): string {
  return name || words().visitor(number);
}

function mayOpen(desk: Desk, page: SettingsPage): boolean {
  const needs = PAGE_NEEDS[page];
  return needs === undefined || desk.may(needs);
}
