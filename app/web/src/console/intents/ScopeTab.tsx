import { useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Dialog } from '../../kit/ui/Dialog';
import { TextField } from '../../kit/ui/Field';
import { Checkbox, Switch } from '../../kit/ui/Toggle';
import { reason } from '../state/session';
import { t as common } from '../words';
import type { PartProps } from './IntentPage';
import { useBook } from './book';
import { titled } from './model';
import { t } from './words';

/** What it is called, where it holds, whether it is on; taking it away. */
export function ScopeTab({ intent, may, onChange, phrases, onRemove }: PartProps & { phrases: number; onRemove: () => Promise<unknown> }) {
  const { desk } = useBook();
  const w = t();
  const [removing, setRemoving] = useState(false);
  const inboxes = [...desk.people.inboxes.value.values()];
  const unknown = intent.inbox_ids.filter((id) => !desk.people.inboxes.value.has(id));
  const turn = (id: string, on: boolean): void => onChange({ inbox_ids: on ? [...intent.inbox_ids, id] : intent.inbox_ids.filter((one) => one !== id) });
  return (
    <Card title={w.tabs.scope}>
      <div class="card-body">
        <div class="form-grid">
          {(['zh', 'en'] as const).map((language) => (
            <TextField
              key={language}
              label={`${w.titleField} · ${w.languages[language]}`}
              maxLength={200}
              disabled={!may}
              value={intent.title[language] ?? ''}
              onInput={(text) => onChange({ title: { ...intent.title, [language]: text } })}
            />
          ))}
        </div>
        <Switch on={intent.enabled} disabled={!may} onChange={(enabled) => onChange({ enabled })}>
          {w.enabledWhat}
        </Switch>
        <fieldset class="permissions" disabled={!may}>
          <legend class="label">{w.where}</legend>
          <p class="hint">{w.everywhere}</p>
          <div class="checks">
            {inboxes.map(({ id, name }) => (
              <Checkbox key={id} on={intent.inbox_ids.includes(id)} disabled={!may} onChange={(on) => turn(id, on)}>
                {name}
              </Checkbox>
            ))}
            {unknown.map((id) => (
              <Checkbox key={id} on disabled={!may} onChange={() => turn(id, false)}>
                {w.goneInbox}
              </Checkbox>
            ))}
          </div>
        </fieldset>
        {may && (
          <div>
            <Button kind="harm" onPress={() => setRemoving(true)}>
              {w.remove}
            </Button>
          </div>
        )}
      </div>
      {removing && <Removing title={titled(intent.title, intent.name)} phrases={phrases} onClose={() => setRemoving(false)} onRemove={onRemove} />}
    </Card>
  );
}

function Removing({ title, phrases, onClose, onRemove }: { title: string; phrases: number; onClose: () => void; onRemove: () => Promise<unknown> }) {
  const book = useBook();
  const { desk } = book;
  const w = t();
  const [state, setState] = useState({ busy: false, why: '' });
  const remove = async (): Promise<void> => {
    setState({ busy: true, why: '' });
    try {
      await onRemove();
      book.changed();
      desk.router.letGo();
      desk.say(w.removed(title));
      desk.router.go('intents');
    } catch (error) {
      setState({ busy: false, why: reason(error) });
    }
  };
  return (
    <Dialog
      title={w.removeTitle(title)}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{common().cancel}</Button>
          <Button kind="harm-prime" busy={state.busy} onPress={() => void remove()}>
            {w.removeGo}
          </Button>
        </>
      }
    >
      <p class="body">{w.removeWhat(phrases)}</p>
      {state.why !== '' && (
        <p class="hint bad" role="alert">
          {state.why}
        </p>
      )}
    </Dialog>
  );
}
