import { useState } from 'preact/hooks';
import { base } from '../../kit/place';
import { Button } from '../../kit/ui/Button';
import { copy } from '../clipboard';
import { t } from '../words';

interface SnippetProps {
  inboxId: string;
  /** How visitors reach the server, with a slash at its end; empty: as this page does. */
  publicUrl: string;
}

/** The code that puts the widget into a website, ready to copy. */
export function Snippet({ inboxId, publicUrl }: SnippetProps) {
  const address = publicUrl || base;
  const w = t();
  const [state, setState] = useState<'fresh' | 'done' | 'by-hand'>('fresh');
  const code = `<script src="${address}widget.js" data-inbox="${inboxId}" async></script>`;
  const take = async (): Promise<void> => setState((await copy(code)) ? 'done' : 'by-hand');
  return (
    <div class="snippet-box">
      <code class="snippet" lang="en" tabIndex={0}>
        {code}
      </code>
      <div class="row">
        <Button size="s" icon={state === 'done' ? 'check' : 'copy'} onPress={() => void take()}>
          {state === 'done' ? w.copied : w.copy}
        </Button>
        {state === 'by-hand' && <span class="small t3">{w.copyByHand}</span>}
        <a class="end small" href={`${address}chat/${inboxId}`} target="_blank" rel="noopener">
          {w.tryChat}
        </a>
      </div>
    </div>
  );
}
