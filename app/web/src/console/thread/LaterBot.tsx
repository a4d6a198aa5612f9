import { signal } from '@preact/signals';
import type { ComponentProps } from 'preact';
import { useEffect } from 'preact/hooks';

type Parts = typeof import('./BotMark');

const held = signal<Parts | null>(null);

/** What colleagues see of a bot at work; its script is fetched with the first thread that has one. */
function useParts(): Parts | null {
  useEffect(() => {
    if (held.value === null) import('./BotMark').then((parts) => { held.value = parts; }, () => undefined); // at the next line again
  }, []);
  return held.value;
}

export function LaterMark(props: ComponentProps<Parts['BotMark']>) {
  const parts = useParts();
  return <div class="bot-mark">{parts && <parts.BotMark {...props} />}</div>;
}

export function LaterBotLine(props: ComponentProps<Parts['BotLine']>) {
  const parts = useParts();
  return parts && <parts.BotLine {...props} />;
}
