import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Count } from '../../kit/ui/Badge';
import { Contact } from '../contact/Contact';
import { ConversationList } from '../list/ConversationList';
import { useDesk } from '../state/desk';
import { DRAWER_UP_TO, SHUT, choosePanes, fitted, panes } from '../state/panes';
import { keyText, useShortcut } from '../state/shortcuts';
import { NoThread, ThreadPane } from '../thread/ThreadPane';
import { Separator } from './Separator';
import { t } from './words';

interface SheetProps {
  conversation: string | null;
  message: number | null;
}

/** List, thread and contact: side by side as wide as one likes, the contact a drawer where it is narrow. */
export function Sheet({ conversation, message }: SheetProps) {
  const width = useWindowWidth();
  const wanted = panes.value;
  const { list, side, max } = fitted(wanted, width);
  const drawer = width <= DRAWER_UP_TO;
  const { open, toggle, shut } = useSide(conversation, drawer);
  const toggleList = (): void => choosePanes({ listOpen: !panes.peek().listOpen });
  useShortcut('toggleList', toggleList);
  useShortcut('toggleSide', conversation ? toggle : null);
  return (
    <main
      class={wanted.listOpen ? 'sheet' : 'sheet list-shut'}
      data-pane={conversation ? 'thread' : 'list'}
      data-side={open ? 'open' : 'shut'}
      style={{ '--list-width': wanted.listOpen ? list : SHUT, '--side-width': side }}
    >
      {wanted.listOpen ? null : <Strip onShow={toggleList} />}
      <ConversationList onHide={toggleList} />
      {wanted.listOpen ? (
        <Separator pane="list" width={list} max={max.list} controls="list" onHide={toggleList} />
      ) : (
        <div class="separator" role="presentation" />
      )}
      {conversation ? (
        <ThreadPane key={conversation} conv={conversation} jump={message} onSide={toggle} />
      ) : (
        <NoThread />
      )}
      {open && !drawer && <Separator pane="side" width={side} max={max.side} controls="side" onHide={shut} />}
      {open && drawer && <div class="scrim" onClick={shut} />}
      {open && conversation && <Contact key={`side-${conversation}`} conv={conversation} onClose={shut} />}
    </main>
  );
}

/** What is left of a list that is shut. */
function Strip({ onShow }: { onShow: () => void }) {
  const desk = useDesk();
  const w = t();
  const unread = desk.unreadOfMine.value;
  return (
    <div class="list-strip">
      <Button kind="ghost" size="s" icon="right" label={w.showList} keys={keyText('toggleList')} onPress={onShow} />
      {unread > 0 && <Count value={unread} unread />}
    </div>
  );
}

/** Whether the contact is shown: beside the thread as this device likes it, as a drawer until it is closed. */
function useSide(conversation: string | null, drawer: boolean) {
  const [drawn, setDrawn] = useState(false);
  const opener = useRef<HTMLElement | null>(null);
  useEffect(() => setDrawn(false), [conversation, drawer]);
  const open = conversation !== null && (drawer ? drawn : panes.value.sideOpen);
  const shut = (): void => {
    if (!drawer) return choosePanes({ sideOpen: false });
    setDrawn(false);
    opener.current?.focus();
  };
  const toggle = (): void => {
    if (!drawer) return choosePanes({ sideOpen: !panes.peek().sideOpen });
    if (drawn) return shut();
    opener.current = document.activeElement as HTMLElement | null;
    setDrawn(true);
  };
  useEffect(() => {
    if (!drawn) return;
    document.querySelector<HTMLElement>('#side .side-close button')?.focus();
    const press = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented || document.querySelector('dialog[open], [role="menu"]')) return;
      event.preventDefault();
      shut();
    };
    document.addEventListener('keydown', press, true);
    return () => document.removeEventListener('keydown', press, true);
  }, [drawn]);
  return { open, toggle, shut };
}

function useWindowWidth(): number {
  const [width, setWidth] = useState(window.innerWidth);
  useEffect(() => {
    const look = (): void => setWidth(window.innerWidth);
    window.addEventListener('resize', look);
    return () => window.removeEventListener('resize', look);
  }, []);
  return width;
}
