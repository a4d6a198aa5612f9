import { useState } from 'preact/hooks';
import { base } from '../../kit/place';
import { Button } from '../../kit/ui/Button';
import { Icon } from '../../kit/ui/Icon';
import { copy } from '../clipboard';
import { t } from '../words';
import { t as i } from './inboxWords';

interface SnippetProps {
  inboxId: string;
  /** How visitors reach the server, with a slash at its end; empty: as this page does. */
  publicUrl: string;
}

/** What lets a page call before the widget is there (`widget/api.ts`). */
const STUB = '<script>window.Monodesk=window.Monodesk||function(){(Monodesk.q=Monodesk.q||[]).push(arguments)}</script>';

/** The code that puts the widget into a website, ready to copy; below it the same for a site that calls the widget. */
export function Snippet({ inboxId, publicUrl }: SnippetProps) {
  const address = publicUrl || base;
  const w = t();
  const code = `<script src="${address}widget.js"\n  data-inbox="${inboxId}" async></script>`;
  return (
    <div class="snippet-box">
      <Code code={code}>
        <a class="end small" href={`${address}chat/${inboxId}`} target="_blank" rel="noopener">
          {w.tryChat}
        </a>
      </Code>
      <details class="snippet-calls">
        <summary>
          <Icon name="right" size="s" />
          {i().calls}
        </summary>
        <p class="hint">
          {i().callsHint} <a href={`${base}docs/${i().manual}/widget#calls`} target="_blank" rel="noopener">{i().callsAll}</a>
        </p>
        <Code code={`${STUB}\n${code}`} />
      </details>
    </div>
  );
}

/** Code, and a button that copies it. */
function Code({ code, children }: { code: string; children?: preact.ComponentChildren }) {
  const w = t();
  const [state, setState] = useState<'fresh' | 'done' | 'by-hand'>('fresh');
  const take = async (): Promise<void> => setState((await copy(code)) ? 'done' : 'by-hand');
  return (
    <>
      <code class="snippet" lang="en" tabIndex={0}>
        {code}
      </code>
      <div class="row">
        <Button size="s" icon={state === 'done' ? 'check' : 'copy'} onPress={() => void take()}>
          {state === 'done' ? w.copied : w.copy}
        </Button>
        {state === 'by-hand' && <span class="small t3">{w.copyByHand}</span>}
        {children}
      </div>
    </>
  );
}
