/** The visitor's page: stand-alone at `/chat/{inbox}`, in the loader's frame with `?embed=1`. */
import '../style/tokens.css';
import '../kit/ui/reset.css';
import '../kit/ui/text.css';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { Api, Problem } from '../kit/api';
import { inkOn } from '../kit/contrast';
import { type Language, language, preferred, speak } from '../kit/i18n';
import { wording } from '../kit/inbox';
import { base, socketUrl } from '../kit/place';
import { localStorageOrNull } from '../kit/storage';
import { lateDial, webSocket } from '../kit/transport';
import { App, Trouble } from './App';
import { chosenLanguage } from './Frame';
import { Host, type HostMessage, type Look } from './host';
import { followKeyboard } from './keyboard';
import { paint } from './paint';
import { home, screens, thread } from './parts';
import { Tokens, inboxAt, openSession } from './session';
import { Visit } from './visit';
import { speakIn, wordsOrNull } from './words';
import { Button } from '../kit/ui/Button';
import './chat.css';
import './thread.css';

// what most of the later scripts use comes with this one: each set of them that shares something would be a script more
export { Avatar } from '../kit/ui/Avatar';
export { FileChip } from '../kit/ui/FileChip';
export { saveAs } from './saving';

const IDLE_MS = 2_000;
const embedded = window.parent !== window && new URLSearchParams(location.search).has('embed');
const inbox = inboxAt(location.href, base);
const root = document.getElementById('root') ?? document.body;
const tokens = new Tokens(inbox, localStorageOrNull());
const api = new Api(base, headers, () => wordsOrNull()?.noConnection ?? '');

speak(firstLanguage());
const spoken = speakIn(language.value); // beside the session: neither waits for the other
spoken.catch(() => undefined); // told where it is waited for
document.documentElement.classList.toggle('embedded', embedded);
followKeyboard(window.visualViewport, document.body);
if (embedded && new URLSearchParams(location.search).has('preview')) void import('./screens').then(({ preview }) => preview(root));
else {
  void (tokens.read() === null ? home : thread).fetch(); // who was here before is often in a conversation
  void open([]);
}

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
    await spoken;
    paint(session.inbox.color);
    const visit: Visit = new Visit(session, api, dials(), tokens, () => renew(visit));
    visit.start();
    for (const text of unsent) visit.send(text, []);
    live(visit);
  } catch (error) {
    const retry = (): void => void open(unsent);
    if (!(await spoken.then(() => true, () => false))) return render(<NoWords />, root);
    render(<Trouble problem={error} onRetry={error instanceof Problem && error.status === 404 ? null : retry} />, root);
  }
}

/** In place of the page when no language's words came: in both, for it is not known who reads. */
function NoWords() {
  return (
    <main class="wid">
      <div class="wbody trouble" role="alert">
        <p>The chat could not be opened. Check the connection and load it again.</p>
        <p lang="zh-CN">会话没能打开，请检查网络后重新加载。</p>
        <Button onPress={() => location.reload()}>Load it again · <span lang="zh-CN">重新加载</span></Button>
      </div>
    </main>
  );
}

function dials() {
  return {
    socket: webSocket(socketUrl),
    // few networks block WebSockets
    poll: lateDial(async () => (await import('../kit/polling')).longPoll(api, 'api/v1/visitor/poll', 'api/v1/visitor/frames')),
  };
}

/** The server refused the token. The same visitor goes on; a new one begins anew and takes the unsent words along. */
async function renew(visit: Visit): Promise<string | null> {
  const session = await openSession(api, inbox, tokens, language.value).catch((error: Problem) => {
    if (error.status === 403) location.reload(); // he is blocked: the page begins anew and says so
    throw error;
  });
  if (session.contact_id === visit.session.contact_id) return session.epoch;
  void open(visit.takeUnsent());
  return null;
}

function live(visit: Visit): void {
  let open = !embedded;
  const look = (): void => {
    visit.seen.value = open && !document.hidden;
    void visit.look();
  };
  const host = new Host(visit.session.inbox.sites, (message) => {
    if (message.monodesk === 'open') open = message.open;
    else obey(visit, message);
    look();
  });
  const close = embedded ? (): void => host.tell({ monodesk: 'close' }) : null;
  visit.unread.subscribe((count) => announce(visit, host, count));
  visit.listen(({ sender, at }) => host.tell({ monodesk: 'message', from: sender.kind, at }));
  effect(() => host.tell({ monodesk: 'look', look: lookOf(visit) }));
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
  setTimeout(() => {
    const { screen, asks, away } = visit;
    if (screen.value.at === 'home' && (asks.value || away.value)) void screens.fetch(); // where his next step leads
  }, IDLE_MS);
}

/** What the page asks of us, by the loader. */
function obey(visit: Visit, message: Exclude<HostMessage, { monodesk: 'open' }>): void {
  switch (message.monodesk) {
    case 'page':
      return visit.viewed(message.url, message.title, message.referrer);
    case 'identify':
      return void import('./saying').then(({ identified }) => identified(visit, api, tokens, message.user)).catch(refused('identify'));
    case 'event':
      return void import('./saying').then(({ happened }) => happened(visit, message.name, message.data)).catch(refused('event'));
    case 'language':
      return chosenLanguage() === null ? void speakIn(preferred([message.language])).catch(() => undefined) : undefined;
    case 'reset':
      return void leave(visit);
  }
}

/** For whoever writes the page: what was wrong with the call. */
function refused(call: string): (error: unknown) => void {
  return (error) => console.warn(`Monodesk: ${call}: ${error instanceof Error ? error.message : String(error)}`);
}

/** Nothing of this visitor stays in the browser, and his token leads to nobody; the page begins anew. */
async function leave(visit: Visit): Promise<void> {
  visit.stop();
  visit.takeUnsent();
  visit.uploads.clear();
  visit.draft.value = '';
  const told = api.delete('api/v1/visitor/session').catch(() => undefined); // with the token, which is forgotten at once: the page may go
  tokens.forget();
  await told;
  location.reload();
}

/** How the launcher looks, in the language of the moment; who has written before needs no invitation. */
function lookOf({ session, rows, reception }: Visit): Look {
  const { color, widget } = session.inbox;
  const known = rows.value.length > 0;
  const invitation = known ? '' : wording(widget.invitation, language.value);
  const label = wording(widget.label, language.value);
  const ink = inkOn(color);
  const left = widget.side === 'left';
  return { color: ink === null ? '' : color, ink: ink ?? '', left, label, invitation, seconds: widget.invitation_seconds, rules: known ? [] : widget.invitations, open: reception.value.open, pause: widget.invitation_pause_hours };
}

function announce(visit: Visit, host: Host, count: number): void {
  const { name } = visit.session.inbox;
  host.tell({ monodesk: 'unread', count });
  document.title = count > 0 ? `(${count}) ${name}` : name;
}
