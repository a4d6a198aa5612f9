/** The console: one page for agents and administrators. */
import { render } from 'preact';
import '../style/tokens.css';
import '../kit/ui/reset.css';
import '../style/marks.css';
import '../kit/ui/text.css';
import '../kit/ui/links.css';
// Styles of pages that are fetched later: a script that comes later brings none along.
import '../kit/gallery/Gallery.css';
import '../kit/ui/Banner.css';
import '../kit/ui/Card.css';
import '../kit/ui/Field.css';
import '../kit/ui/Table.css';
import '../kit/ui/Toggle.css';
import './commands/CommandBar.css';
import './frame/ShortcutSheet.css';
import { Api } from '../kit/api';
import { htmlLang, language, speak } from '../kit/i18n';
import { base } from '../kit/place';
import { App } from './App';
import './App.css';
import './contact/RecordsOf.css';
import './tools/MacroDialog.css';
import './entry/Entry.css';
import './settings/Inboxes.css';
import './settings/Settings.css';
import { recallPanes } from './state/panes';
import { Router } from './state/router';
import { Session } from './state/session';
import { recallLetterKeys } from './state/shortcuts';
import { recallTheme } from './state/theme';
import { t } from './words';

const api = new Api(
  base,
  () => ({ 'Accept-Language': htmlLang(language.value) }),
  () => t().noNetwork,
);
const root = document.getElementById('root');
if (!root) throw new Error('the page has no #root');
root.textContent = ''; // the outline that the page came with (old/shape.html)

// In a browser that is too old a notice stands there instead (old/old.js).
if (!document.documentElement.hasAttribute('data-old')) {
  recallTheme();
  recallPanes();
  recallLetterKeys();
  speak(language.value);
  render(<App api={api} router={new Router()} session={new Session(api)} />, root);
}
