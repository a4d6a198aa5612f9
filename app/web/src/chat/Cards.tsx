import type { Api } from '../kit/api';
import type { Attachment, Card } from '../kit/frames';
import { Icon } from '../kit/ui/Icon';
import { MessageCard, QuickReplies } from '../kit/ui/MessageCard';
import type { usePicture } from './Attached';
import type { Address } from './Prose';
import { t } from './words';

interface CardsProps {
  /** How the thread does it, which is here before. */
  kit: { usePicture: typeof usePicture; Address: typeof Address };
  api: Api;
  cards: readonly Card[];
  files: readonly Attachment[];
  /** Says a button's words in the visitor's name. */
  onReply: (text: string) => void;
  /** Shows its picture as large as the window. */
  onView: (file: Attachment) => void;
}

/** Answers that need no typing. */
export function Replies({ replies, onReply }: { replies: readonly string[]; onReply: (text: string) => void }) {
  return (
    <QuickReplies label={t().quickReplies}>
      {replies.map((one, index) => <button key={index} type="button" onClick={() => onReply(one)}>{one}</button>)}
    </QuickReplies>
  );
}

/** What is talked about: a picture, a title, lines, and what can be done with it. */
export function Cards({ cards, ...shared }: CardsProps) {
  return <>{cards.map((card, index) => <Thing key={index} card={card} {...shared} />)}</>;
}

function Thing({ kit: { usePicture, Address }, api, card, files, onReply, onView }: Omit<CardsProps, 'cards'> & { card: Card }) {
  const file = files.find(({ id }) => id === card.picture);
  const actions = card.buttons.map(({ label, link, reply }, index) =>
    link === null ? (
      <button key={index} type="button" onClick={() => onReply(reply ?? label)}>{label}</button>
    ) : (
      <Address key={index} href={link}>{label} <Icon name="out" size="s" label={t().newTab} /></Address>
    ),
  );
  return (
    <MessageCard
      title={card.title}
      lines={card.lines}
      picture={file === undefined ? undefined : <Thumb usePicture={usePicture} api={api} file={file} onView={onView} />}
      actions={actions.length > 0 && actions}
    />
  );
}

function Thumb({ usePicture, api, file, onView }: Pick<CardsProps['kit'], 'usePicture'> & { api: Api; file: Attachment; onView: (file: Attachment) => void }) {
  const { place, address } = usePicture<HTMLButtonElement>(api, file);
  return (
    <button ref={place} type="button" aria-label={t().openImage(file.name)} aria-haspopup="dialog" onClick={() => onView(file)}>
      {address !== null && <img src={address} alt="" />}
    </button>
  );
}
