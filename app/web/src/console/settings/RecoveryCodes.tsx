import { useState } from 'preact/hooks';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { copy } from '../clipboard';
import { t } from './securityWords';

/** Recovery codes, once. */
export function RecoveryCodes({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  const w = t();
  const [state, setState] = useState<'fresh' | 'done' | 'by-hand'>('fresh');
  const text = `${codes.join('\n')}\n`;
  const take = async (): Promise<void> => setState((await copy(text)) ? 'done' : 'by-hand');
  return (
    <div class="card-body">
      <Banner tone="warn" icon="warn">
        <div class="mid">{w.codesTitle}</div>
        {w.codesWhy}
      </Banner>
      <ol class="recovery" aria-label={w.codesList} tabIndex={0}>
        {codes.map((code) => (
          <li key={code} class="mono" lang="en">
            {code}
          </li>
        ))}
      </ol>
      <div class="form-foot wrap">
        <Button kind="prime" onPress={onKept}>
          {w.kept}
        </Button>
        <Button icon={state === 'done' ? 'check' : 'copy'} onPress={() => void take()}>
          {state === 'done' ? w.copied : w.copy}
        </Button>
        <Button icon="down-tray" onPress={() => saveAs(w.fileName, text)}>
          {w.save}
        </Button>
        {state === 'by-hand' && <span class="small t3">{w.copyByHand}</span>}
      </div>
    </div>
  );
}

function saveAs(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
