import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { TextField } from '../../kit/ui/Field';
import { MenuButton, type MenuItem } from '../../kit/ui/Menu';
import { Checkbox } from '../../kit/ui/Toggle';
import { SaveForm } from '../settings/SaveForm';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import { type Query, fromAddress, toAddress } from './model';
import { t } from './words';

interface View {
  readonly id: string;
  readonly name: string;
  readonly query: Query;
  readonly owner_id: string;
  readonly shared: boolean;
}

/** Lists that are kept under a name: one's own and everybody's; the one on the screen can be kept, or forgotten. */
export function Views({ desk, query, onChoose }: { desk: Desk; query: Query; onChoose: (query: Query) => void }) {
  const w = t();
  const [views, setViews] = useState<readonly View[]>([]);
  const [keeping, setKeeping] = useState(false);
  const load = (): void => {
    desk.api.get<{ views: readonly View[] }>('api/v1/ticket-views').then(
      (answer) => setViews(answer.views),
      (error: unknown) => desk.say(reason(error)),
    );
  };
  useEffect(load, []);
  const address = toAddress(query);
  const shown = views.find((view) => toAddress(view.query) === address);
  const mayForget = shown !== undefined && (!shown.shared || desk.may('tickets.manage'));
  const forget = async (): Promise<void> => {
    if (!shown) return;
    await desk.api.delete(`api/v1/ticket-views/${shown.id}`).catch((error: unknown) => desk.say(reason(error)));
    load();
  };
  const items: (MenuItem | 'line')[] = [
    ...views.map((view) => ({
      key: view.id,
      label: view.shared ? w.sharedView(view.name) : view.name,
      checked: view === shown,
      onChoose: () => onChoose(fromAddress(new URLSearchParams(toAddress(view.query)).toString())),
    })),
    ...(views.length > 0 ? (['line'] as const) : []),
    ...(address !== '' && shown === undefined
      ? [{ key: 'keep', label: w.keepView, icon: 'plus' as const, onChoose: () => setKeeping(true) }]
      : []),
    ...(mayForget ? [{ key: 'forget', label: w.forgetView(shown.name), icon: 'x' as const, onChoose: () => void forget() }] : []),
    { key: 'all', label: w.everything, onChoose: () => onChoose({}) },
  ];
  return (
    <>
      <MenuButton items={items} icon="filter" side="start" caption={w.views}>
        {shown?.name ?? w.views}
      </MenuButton>
      {keeping && (
        <KeepView
          desk={desk}
          query={query}
          onClose={() => {
            setKeeping(false);
            load();
          }}
        />
      )}
    </>
  );
}

function KeepView({ desk, query, onClose }: { desk: Desk; query: Query; onClose: () => void }) {
  const w = t();
  const [name, setName] = useState('');
  const [shared, setShared] = useState(false);
  const save = async (): Promise<void> => {
    await desk.api.post('api/v1/ticket-views', { name, query, shared });
    desk.say(w.viewKept(name));
    onClose();
  };
  return (
    <Dialog title={w.keepView} onClose={onClose}>
      <SaveForm quiet dirty={name.trim() !== ''} onSave={save} onCancel={onClose}>
        <TextField label={w.viewName} field="name" focus maxLength={60} value={name} onInput={setName} />
        {desk.may('tickets.manage') && (
          <Checkbox on={shared} onChange={setShared}>
            {w.shareView}
          </Checkbox>
        )}
      </SaveForm>
    </Dialog>
  );
}

interface BulkProps {
  desk: Desk;
  ids: readonly string[];
  onDone: () => void;
}

interface Changed {
  readonly tickets: readonly unknown[];
  readonly refused: readonly { readonly en: string; readonly zh: string }[];
}

/** What is done with all that were ticked. */
export function Bulk({ desk, ids, onDone, choices }: BulkProps & { choices: readonly (MenuItem & { change: object })[] }) {
  const w = t();
  const [busy, setBusy] = useState(false);
  const act = async (change: object): Promise<void> => {
    setBusy(true);
    try {
      const { tickets, refused } = await desk.api.post<Changed>('api/v1/tickets/bulk', { ids, change });
      const [first] = refused;
      desk.say(first === undefined ? w.changedAll(tickets.length) : w.changedSome(tickets.length, refused.length));
      onDone();
    } catch (error) {
      desk.say(reason(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="ticket-bulk" role="region" aria-label={w.chosen(ids.length)}>
      <span class="mid grow">{w.chosen(ids.length)}</span>
      <MenuButton
        kind="prime"
        icon="pen"
        busy={busy}
        items={choices.map((choice) => ({ ...choice, onChoose: () => void act(choice.change) }))}
      >
        {w.changeThem}
      </MenuButton>
      <Button kind="ghost" onPress={onDone}>
        {w.letGo}
      </Button>
    </div>
  );
}
