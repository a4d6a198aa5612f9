import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Problem } from '../../kit/api';
import { Button } from '../../kit/ui/Button';
import { Icon } from '../../kit/ui/Icon';
import { type FormRefusal, RefusalOfForm, type Refused } from '../../kit/ui/refused';
import { reason } from '../state/session';
import { t } from '../words';

interface SaveFormProps {
  /** Something differs from what is in effect. */
  dirty: boolean;
  /** What must be mended first, or null. */
  fault?: string | null;
  action?: string | undefined;
  /** Something is done rather than kept: nothing is said of what is not saved. */
  quiet?: boolean;
  onSave: () => Promise<void>;
  onCancel?: (() => void) | undefined;
  children: ComponentChildren;
}

/** A form that takes effect when it is saved, and says so; a refusal stands at the field that it names. */
export function SaveForm({ dirty, fault = null, action, quiet = false, onSave, onCancel, children }: SaveFormProps) {
  const w = t();
  const [state, setState] = useState<'idle' | 'busy' | 'saved'>('idle');
  const [refused, setRefused] = useState<Refused | null>(null);
  const fields = useRef(new Set<string>()).current;
  const refusal: FormRefusal = {
    refused,
    claim: (field) => {
      fields.add(field);
      return () => void fields.delete(field);
    },
    forget: () => setRefused(null),
  };
  const save = async (): Promise<void> => {
    setState('busy');
    setRefused(null);
    try {
      await onSave();
      setState('saved');
    } catch (error) {
      setRefused({ field: error instanceof Problem ? error.field : '', why: reason(error) });
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
      <RefusalOfForm.Provider value={refusal}>{children}</RefusalOfForm.Provider>
      {refused && !fields.has(refused.field) && (
        <p class="hint bad" role="alert">
          <Icon name="stop" size="s" />
          {refused.why}
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
