import { useEffect, useRef, useState } from 'preact/hooks';
import { inkOn } from '../../kit/contrast';
import { language } from '../../kit/i18n';
import { type Greeting, type Reception, wording } from '../../kit/inbox';
import { base } from '../../kit/place';
import { Icon } from '../../kit/ui/Icon';
import { Segment } from '../../kit/ui/Tabs';
import type { Inbox } from '../state/people';
import { t } from './inboxWords';

export type PreviewScreen = 'home' | 'ask' | 'leave';
const SCREENS = ['home', 'ask', 'leave'] as const;
const MINUTE = 60;

interface InboxPreviewProps {
  inbox: Inbox;
  screen: PreviewScreen;
  /** A rule that is to be seen: as on a page where it holds, in a language for which it does. */
  greeting: Greeting | null;
  onShow: (screen: PreviewScreen) => void;
}

/** The visitor's own window, in a frame of its page, and the launcher, as they will be when the form is saved. */
export function InboxPreview({ inbox, screen, greeting, onShow }: InboxPreviewProps) {
  const w = t();
  const frame = useRef<HTMLIFrameElement>(null);
  const [ready, setReady] = useState(false);
  const page = greeting?.page.replaceAll('*', '') ?? '';
  const spoken = greeting === null || greeting.language === 'any' ? language.value : greeting.language;
  useEffect(() => {
    const hear = ({ source, origin, data }: MessageEvent<unknown>): void => {
      if (source !== frame.current?.contentWindow || origin !== location.origin) return;
      if ((data as { monodesk?: unknown } | null)?.monodesk === 'ready') setReady(true);
    };
    window.addEventListener('message', hear);
    return () => window.removeEventListener('message', hear);
  }, []);
  useEffect(() => {
    if (!ready) return;
    const { origins: sites, ...shown } = inbox;
    const message = { monodesk: 'preview', inbox: { ...shown, sites }, language: spoken, screen, reception: sample(w.people, screen), page };
    frame.current?.contentWindow?.postMessage(message, location.origin);
  }, [ready, JSON.stringify(inbox), spoken, screen, page]);
  return (
    <aside class="inbox-preview" aria-label={w.preview}>
      <Segment
        label={w.preview}
        tabs={SCREENS.map((key) => ({ key, label: w.screens[key] }))}
        chosen={screen}
        onChoose={onShow}
      />
      <div class={inbox.widget.side === 'left' ? 'preview-stage left' : 'preview-stage'}>
        <iframe ref={frame} title={w.previewTitle} src={`${base}chat/${inbox.id}?embed=1&preview=1`} tabIndex={-1} />
        <Launcher inbox={inbox} />
      </div>
      <p class="hint">{w.previewNote}</p>
    </aside>
  );
}

/** The launcher as the loader draws it; a picture, so nothing to press. */
function Launcher({ inbox: { color, widget } }: { inbox: Inbox }) {
  const place = useRef<HTMLSpanElement>(null);
  const ink = inkOn(color);
  const label = wording(widget.label, language.value);
  const invitation = wording(widget.invitation, language.value);
  useEffect(() => {
    place.current?.style.setProperty('background-color', ink === null ? '' : color);
    place.current?.style.setProperty('color', ink ?? '');
  }, [color]);
  return (
    <div class="preview-launch" aria-hidden="true">
      {invitation && <span class="preview-invite">{invitation}</span>}
      <span ref={place} class="preview-button">
        <Icon name="chat" size="l" />
        {label && <span class="cut">{label}</span>}
      </span>
    </div>
  );
}

/** Made up, and said to be: what a visitor is told depends on who is there at that moment. */
function sample(people: readonly string[], screen: PreviewScreen): Reception {
  const there = screen !== 'leave';
  const faces = there ? people.map((name, place) => ({ id: String(place), name })) : [];
  return { open: there, changes_at: null, online: faces.length, faces, reply_seconds: MINUTE };
}
