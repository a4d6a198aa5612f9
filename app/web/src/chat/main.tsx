/** The visitor's page: stand-alone at `/chat/{inbox}`, in the loader's frame with `?embed=1`. */
import '../style/tokens.css';
import '../kit/ui/reset.css';
import '../kit/ui/text.css';
import { render } from 'preact';
import { Api, Problem } from '../kit/api';
import { type Language, language, preferred, speak } from '../kit/i18n';
import { localStorageOrNull } from '../kit/outbox';
import { base, socketUrl } from '../kit/place';
import { longPoll, webSocket } from '../kit/transport';
import { App, Trouble } from './App';
import { chosenLanguage } from './Frame';
import { Host } from './host';
import { paint } from './paint';
import { Tokens, inboxAt, openSession } from './session';
import { Visit } from './visit';
import { t } from './words';
import './chat.css';

const embedded = window.parent !== window && new URLSearchParams(location.search).has('embed');
const inbox = inboxAt(location.href, base);
const root = document.getElementById('root') ?? document.body;
const tokens = new Tokens(inbox, localStorageOrNull());
const api = new Api(base, headers, () => t().noConnection);

speak(firstLanguage());
document.documentElement.classList.toggle('embedded', embedded);
void open([]);

function firstLanguage(): Language {
  const asked = new URLSearchParams(location.search).get('lang');
  return preferred([chosenLanguage(), asked, ...navigator.languages].filter((one): one is string => one !== null));
}

function headers(): Record<string, string> {
  const token = tokens.read();
  return { 'Accept-Language': language.value, ...(token === null ? {} : { Authorization: `Bearer ${token}` }) };
}

/** Opens the session and draws the page; `unsent` are words that another session could not get through. */
async function open(unsent: readonly string[]): Promise<void> {
  try {
    const session = await openSession(api, inbox, tokens, language.value);
    paint(session.inbox.color);
    const visit: Visit = new Visit(session, api, dials(), tokens, () => renew(visit));
    visit.start();
    for (const text of unsent) visit.send(text, []);
    live(visit);
  } catch (error) {
    const retry = (): void => void open(unsent);
    render(<Trouble problem={error} onRetry={error instanceof Problem && error.status === 404 ? null : retry} />, root);
  }
}

function dials() {
  return {
    socket: webSocket(socketUrl),
    poll: longPoll(api, 'api/v1/visitor/poll', 'api/v1/visitor/frames'),
  };
}

/** The server refused the token. The same visitor goes on; a new one begins anew and takes the unsent words along. */
async function renew(visit: Visit): Promise<string | null> {
  const session = await openSession(api, inbox, tokens, language.value);
  if (session.contact_id === visit.session.contact_id) return session.epoch;
  void open(visit.takeUnsent());
  return null;
}

function live(visit: Visit): void {
  let open = !embedded;
  const look = (): void => void (visit.seen.value = open && !document.hidden);
  const host = new Host(visit.session.inbox.sites, (message) => {
    if (message.monodesk === 'page') return visit.viewed(message.url, message.title, message.referrer);
    open = message.open;
    look();
  });
  const close = embedded ? (): void => host.tell({ monodesk: 'close' }) : null;
  visit.unread.subscribe((count) => announce(visit, host, count));
  document.addEventListener('visibilitychange', () => {
    look();
    if (!document.hidden) visit.nudge();
  });
  window.addEventListener('online', () => visit.nudge());
  document.addEventListener('keydown', ({ key, isComposing }) => { if (key === 'Escape' && !isComposing) close?.(); });
  look();
  if (!embedded) visit.viewed(location.href, document.title, document.referrer);
  host.ready();
  render(<App visit={visit} onClose={close} />, root);
}

function announce(visit: Visit, host: Host, count: number): void {
  const { name, color } = visit.session.inbox;
  host.tell({ monodesk: 'unread', count, color });
  document.title = count > 0 ? `(${count}) ${name}` : name;
}
