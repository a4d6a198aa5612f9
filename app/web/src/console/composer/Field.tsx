import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { language } from '../../kit/i18n';
import type { CannedReply, Facts } from '../state/canned';
import { filled, matching, textIn } from '../state/canned';
import type { Desk } from '../state/desk';
import type { Draft } from '../state/drafts';
import { useShortcut } from '../state/shortcuts';
import { t as words } from '../words';
import { CannedPanel, MentionPanel } from './Panels';
import { type Token, replaced, tokenAt } from './token';

/** More than anybody reads. */
const OPTIONS_MAX = 50;

export interface FieldHandle {
  /** Puts words where the caret stands. */
  insert: (words: string) => void;
  focus: () => void;
}

interface FieldProps {
  desk: Desk;
  conv: string;
  draft: Draft;
  handle: { current: FieldHandle | null };
  /** Sends the draft, or a text instead of its words. */
  onSend: (text?: string) => void;
  onFiles: (files: readonly File[]) => void;
}

/** The field, and the list that `/` or `@` opens above it. */
export function Field({ desk, conv, draft, handle, onSend, onFiles }: FieldProps) {
  const w = words();
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const caret = useRef<number | null>(null);
  const [token, setToken] = useState<Token | null>(null);
  const [at, setAt] = useState(0);
  const options = useOptions(desk, token);
  useLayoutEffect(() => {
    fit(field.current);
    if (caret.current !== null) field.current?.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  }, [draft.text]);
  useFocus(desk, conv, field);
  const write = (text: string): void => {
    desk.drafts.write(conv, text);
    desk.viewing.writes(conv, text.trim() !== '');
    if (!draft.note) desk.delivery.typing(conv, text.trim() !== '');
  };
  const look = (): void => {
    const element = field.current;
    const next = element && tokenAt(element.value, element.selectionStart, draft.note ? ['/', '@'] : ['/']);
    setToken(next);
    setAt(0);
    if (next?.sign === '/' && token?.sign !== '/') void desk.canned.load();
  };
  const put = (made: { text: string; caret: number }): void => {
    caret.current = made.caret;
    setToken(null);
    write(made.text);
    field.current?.focus();
  };
  const choose = (option: { readonly id: string }, send: boolean): void => {
    if (!token) return;
    const canned = options.canned.find((reply) => reply.id === option.id);
    const made = replaced(draft.text, token, canned ? said(desk, conv, canned) : `@${nameOf(desk, option.id)} `);
    if (canned) desk.canned.used(canned.id);
    put(made);
    if (canned && send) onSend(made.text);
  };
  handle.current = {
    focus: () => field.current?.focus(),
    insert: (text) => {
      const { selectionStart = draft.text.length, selectionEnd = selectionStart } = field.current ?? {};
      put(replaced(draft.text, { sign: '/', query: '', from: selectionStart, to: selectionEnd }, text));
      if (text === '/') requestAnimationFrame(look);
    },
  };
  const open = token !== null;
  const list = token?.sign === '/' ? options.canned : options.people;
  const press = (event: KeyboardEvent): void => {
    // While an input method composes, Enter chooses a word; Safari tells it by key code 229 alone.
    if (event.isComposing || event.keyCode === 229) return;
    if (open && steer(event, at, list.length, setAt, () => setToken(null))) return;
    if (event.key !== 'Enter' || event.shiftKey) return;
    const option = open ? list[at] : undefined;
    if (option) choose(option, event.altKey);
    else if (event.altKey) return;
    else onSend();
    event.preventDefault();
  };
  const label = draft.note ? w.writeNote : w.writeReply(desk.customer(conv));
  const active = open && list[at] ? `${id}-list-${list[at].id}` : undefined;
  return (
    <>
      {token?.sign === '/' && (
        <CannedPanel
          id={`${id}-list`}
          query={token.query}
          options={options.canned}
          total={desk.canned.all.value.length}
          failed={desk.canned.phase.value === 'failed'}
          at={at}
          speaks={spoken(desk, conv)}
          onChoose={(reply) => choose(reply, false)}
        />
      )}
      {token?.sign === '@' && (
        <MentionPanel id={`${id}-list`} query={token.query} options={options.people} at={at} onChoose={(one) => choose(one, false)} />
      )}
      <textarea
        ref={field}
        class="composer-text"
        rows={1}
        // While its list is open it is one: a list that scrolls is then the field's, not a region of its own.
        role={open ? 'combobox' : undefined}
        aria-expanded={open || undefined}
        aria-haspopup={open ? 'listbox' : undefined}
        aria-label={label}
        aria-autocomplete="list"
        aria-controls={open ? `${id}-list` : undefined}
        aria-activedescendant={active}
        placeholder={label}
        value={draft.text}
        onInput={(event) => {
          write(event.currentTarget.value);
          look();
        }}
        onKeyDown={press}
        onClick={look}
        onBlur={() => {
          setToken(null);
          desk.delivery.typing(conv, false);
        }}
        onPaste={(event) => {
          const files = [...(event.clipboardData?.files ?? [])];
          if (files.length === 0) return;
          event.preventDefault();
          onFiles(files);
        }}
      />
    </>
  );
}

/** Arrows move through the list, Esc closes it; true where the key was for it. */
function steer(event: KeyboardEvent, at: number, count: number, move: (to: number) => void, close: () => void): boolean {
  if (event.key === 'Escape') close();
  else if (event.key === 'ArrowDown' && count > 0) move((at + 1) % count);
  else if (event.key === 'ArrowUp' && count > 0) move((at - 1 + count) % count);
  else return false;
  event.preventDefault();
  event.stopPropagation();
  return true;
}

function useOptions(desk: Desk, token: Token | null) {
  const canned = token?.sign === '/' ? matching(desk.canned.all.value, token.query).slice(0, OPTIONS_MAX) : [];
  const people = token?.sign === '@' ? colleagues(desk, token.query) : [];
  return { canned, people };
}

function colleagues(desk: Desk, query: string) {
  const wanted = query.toLowerCase();
  return [...desk.people.colleagues.value.values()]
    .filter(({ id, disabled, name, email }) => {
      if (disabled || id === desk.me.agent.id) return false;
      return name.toLowerCase().includes(wanted) || email.toLowerCase().startsWith(wanted);
    })
    .slice(0, OPTIONS_MAX);
}

function nameOf(desk: Desk, id: string): string {
  return desk.people.colleagues.value.get(id)?.name ?? '';
}

/** The customer's language, else the agent's. */
function spoken(desk: Desk, conv: string): string {
  return desk.lists.heads.value.get(conv)?.contact?.language || language.value;
}

function said(desk: Desk, conv: string, reply: CannedReply): string {
  const row = desk.lists.heads.value.get(conv);
  const inbox = desk.people.inboxes.value.get(row?.conversation.inbox_id ?? '');
  const facts: Facts = {
    'contact.name': row?.contact?.name ?? '',
    'contact.email': row?.contact?.email ?? '',
    'contact.phone': row?.contact?.phone ?? '',
    'agent.name': desk.myself().name,
    'inbox.name': inbox?.name ?? '',
  };
  return filled(textIn(reply, spoken(desk, conv)), facts);
}

function useFocus(desk: Desk, conv: string, field: { readonly current: HTMLTextAreaElement | null }): void {
  useEffect(() => {
    // On a phone the keyboard would cover the thread that one came to read.
    if (!desk.walking && window.matchMedia('(min-width: 761px)').matches) field.current?.focus({ preventScroll: true });
  }, [conv]);
  const begin = (note: boolean) => () => {
    desk.drafts.choose(conv, note);
    field.current?.focus();
  };
  useShortcut('reply', begin(false));
  useShortcut('note', begin(true));
}

function fit(field: HTMLTextAreaElement | null): void {
  if (!field) return;
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}
