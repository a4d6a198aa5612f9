/**
 * The page as an administrator sees it while he decides how it looks: drawn from what the settings tell, over our own
 * origin alone; no visitor is made and nothing is sent. Fetched only where it is asked for.
 */
import { render } from 'preact';
import { Api } from '../kit/api';
import type { Language } from '../kit/i18n';
import type { Dial } from '../kit/connection';
import { App } from './App';
import { paint } from './paint';
import { type Inbox, Tokens } from './session';
import { Visit } from './visit';
import type { Reception } from '../kit/inbox';
import { speakIn } from './words';

interface Shown {
  monodesk: 'preview';
  inbox: Inbox;
  language: Language;
  screen: 'home' | 'ask' | 'leave';
  reception: Reception;
  /** An address on the page that is tried. */
  page: string;
}

/** Draws whatever the settings tell, until the page is left. */
export function preview(root: HTMLElement): void {
  root.inert = true; // it is looked at: the form beside it is where things are changed
  window.addEventListener('message', ({ source, origin, data }: MessageEvent<unknown>) => {
    if (source !== window.parent || origin !== location.origin) return;
    const message = data as Partial<Shown> | null;
    if (message?.monodesk === 'preview' && message.inbox !== undefined) void draw(root, message as Shown);
  });
  window.parent.postMessage({ monodesk: 'ready' }, location.origin);
}

let latest: Shown | null = null;

async function draw(root: HTMLElement, shown: Shown): Promise<void> {
  const { inbox, language, screen, reception, page } = (latest = shown);
  await speakIn(language);
  if (latest !== shown) return;
  paint(inbox.color);
  const visit = visitOf(inbox, reception);
  visit.page.value = page;
  if (screen === 'leave') visit.screen.value = { at: 'leave' };
  if (screen === 'ask') visit.screen.value = { at: 'thread', conv: null };
  render(<App key={`${screen}${language}`} visit={visit} onClose={() => undefined} />, root);
}

/** A visitor who is nobody and never speaks. */
function visitOf(inbox: Inbox, reception: Reception): Visit {
  const standing = { known: [], introduced: false };
  const session = { token: '', contact_id: 'preview', inbox, threads: [], epoch: '', standing, reception, mail: false };
  const nowhere: Dial = () => {
    throw new Error('a preview speaks to nobody');
  };
  const api = new Api('', () => ({}), () => '');
  const visit = new Visit(session, api, { socket: nowhere, poll: nowhere }, new Tokens('preview', null), () => Promise.resolve(null));
  visit.condition.value = { state: 'live', by: 'socket' };
  return visit;
}
