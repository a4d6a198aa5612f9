import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Icon } from '../../kit/ui/Icon';
import { reason } from '../state/session';
import { t } from '../words';

interface SaveFormProps {
  /** Something differs from what is in effect. */
  dirty: boolean;
  /** What must be mended first, or null. */
  fault?: string | null;
  action?: string;
  /** Something is done rather than kept: nothing is said of what is not saved. */
  quiet?: boolean;
  onSave: () => Promise<void>;
  onCancel?: (() => void) | undefined;
  children: ComponentChildren;
}

/** A form that takes effect when it is saved, and says so. */
export function SaveForm({ dirty, fault = null, action, quiet = false, onSave, onCancel, children }: SaveFormProps) {
  const w = t();
  const [state, setState] = useState<'idle' | 'busy' | 'saved'>('idle');
  const [why, setWhy] = useState<string | null>(null);
  const save = async (): Promise<void> => {
    setState('busy');
    setWhy(null);
    try {
      await onSave();
      setState('saved');
    } catch (error) {
      setWhy(reason(error));
      setState('idle');
    }
  };
  return (
    <form
      class="card-body"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (dirty && fault === null) void save();
      }}
    >
      {children}
      {why && (
        <p class="hint bad" role="alert">
          <Icon name="stop" size="s" />
          {why}
        </p>
      )}
      <div class="form-foot">
        <Button
          type="submit"
          kind="prime"
          busy={state === 'busy'}
          disabled={!dirty || fault !== null}
          reason={dirty ? undefined : (fault ?? undefined)}
        >
          {action ?? w.save}
        </Button>
        {onCancel && (
          <Button kind="ghost" onPress={onCancel}>
            {w.cancel}
          </Button>
        )}
        <span class="small t3" role="status">
          {fault && dirty ? fault : quiet ? '' : dirty ? w.notSaved : state === 'saved' ? w.saved : ''}
        </span>
      </div>
    </form>
  );
}
