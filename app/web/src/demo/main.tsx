/** The demo shop at `/demo`: a page like a customer's, with the widget embedded as a customer would. */
import '../style/tokens.css';
import '../kit/ui/reset.css';
import { render } from 'preact';
import { preferred, speak } from '../kit/i18n';
import { Shop } from './Shop';
import './demo.css';

/** The demo inbox, which always has this id. */
const INBOX = 'demo0000000000000000000000';

const asked = new URLSearchParams(location.search).get('lang');
const chosen = preferred(asked === null ? navigator.languages : [asked]);
speak(chosen);
render(<Shop />, document.getElementById('root') ?? document.body);

const loader = document.createElement('script');
loader.src = new URL('../widget.js', import.meta.url).href;
loader.async = true;
loader.dataset.inbox = INBOX;
loader.dataset.language = chosen;
document.body.append(loader);
