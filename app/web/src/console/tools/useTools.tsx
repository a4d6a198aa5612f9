import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { MenuItem } from '../../kit/ui/Menu';
import type { Desk } from '../state/desk';
import { keyText, useShortcut } from '../state/shortcuts';
import { REASONS } from './Labels';
import { LaterDialog as Fetched } from '../frame/LaterDialog';
import { LaterDialog } from './LaterDialog';
import { SnoozeDialog } from './Snooze';
import { t } from './words';

type Open = 'snooze' | 'merge' | 'versions';

/** What the menu of a conversation offers beside the acts that have a button of their own, and the dialogs of it. */
export function useTools(desk: Desk, conv: string): { items: readonly (MenuItem | 'line')[]; dialog: ComponentChildren } {
  const w = t();
  const [open, setOpen] = useState<Open | null>(null);
  const conversation = desk.lists.heads.value.get(conv)?.conversation;
  const over = conversation?.status === 'resolved' || conversation?.status === 'closed';
  const may = conversation !== undefined && !over && desk.may('conversations.write');
  const sleeps = conversation?.status === 'snoozed';
  const mine = may && conversation.assignee_id !== null;
  useShortcut('macro', may ? () => void (desk.macros.open.value = '') : null);
  useShortcut('snooze', mine ? () => setOpen('snooze') : null);
  const close = (): void => setOpen(null);
  const versions: MenuItem = { key: 'versions', label: w.versionsItem, icon: 'book', onChoose: () => setOpen('versions') };
  const read = open === 'versions' && <Fetched key={`versions ${conv}`} load={() => loadVersions(desk, conv, close)} onFailed={close} />;
  if (!may) return over ? { items: [versions], dialog: read } : { items: [], dialog: null }; // what was said is asked about afterwards too
  const items: (MenuItem | 'line')[] = [];
  if (mine)
    items.push({ key: 'snooze', label: w.snooze, icon: 'moon', keys: keyText('snooze'), onChoose: () => setOpen('snooze') });
  if (sleeps) items.push({ key: 'wake', label: w.wake, icon: 'sun', onChoose: () => void desk.wake(conv) });
  items.unshift({ key: 'macro', label: w.macro, icon: 'wand', keys: keyText('macro'), onChoose: () => void (desk.macros.open.value = '') });
  items.push({ key: 'merge', label: w.mergeItem, icon: 'merge', onChoose: () => setOpen('merge') });
  items.push(versions);
  items.push('line');
  for (const reason of REASONS)
    if (reason !== 'solved')
      items.push({
        key: `resolve-${reason}`,
        label: w.resolveAs(w.reasons[reason] ?? reason),
        icon: reason === 'spam' ? 'stop' : 'check',
        onChoose: () => void desk.resolve(conv, reason),
      });
  const draft = desk.drafts.of(conv).value;
  if (!draft.note && draft.text.trim() !== '')
    items.unshift({ key: 'later', label: w.laterItem, icon: 'clock', onChoose: () => void (desk.later.value = true) });
  const chosen = desk.macros.open.value;
  const goLater = (at: number, unless: boolean): void => {
    desk.later.value = false;
    void desk.sendLater(conv, { due_at: at, unless_written: unless });
  };
  if (desk.later.value)
    return { items, dialog: <LaterDialog desk={desk} onChoose={goLater} onClose={() => (desk.later.value = false)} /> };
  const dialog =
    chosen !== null ? (
      <Fetched key={`macro ${conv}`} load={() => loadMacro(desk, conv)} onFailed={() => (desk.macros.open.value = null)} />
    ) : (
      (open === 'snooze' && <SnoozeDialog desk={desk} conv={conv} onClose={close} />) ||
      read ||
      (open === 'merge' && <Fetched key={`merge ${conv}`} load={() => loadMerge(desk, conv, close)} onFailed={close} />)
    );
  return { items, dialog };
}

async function loadVersions(desk: Desk, conv: string, close: () => void) {
  const { VersionsDialog } = await import('./VersionsDialog');
  return () => <VersionsDialog desk={desk} conv={conv} onClose={close} />;
}

async function loadMacro(desk: Desk, conv: string) {
  const { MacroDialog } = await import('./MacroDialog');
  return () => {
    const chosen = desk.macros.open.value;
    return chosen === null ? null : <MacroDialog desk={desk} conv={conv} chosen={chosen} />;
  };
}

async function loadMerge(desk: Desk, conv: string, close: () => void) {
  const { MergeDialog } = await import('./MergeDialog');
  return () => <MergeDialog desk={desk} conv={conv} onClose={close} />;
}
