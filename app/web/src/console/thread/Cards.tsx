import { useState } from 'preact/hooks';
import type { Attachment, Content } from '../../kit/frames';
import { Icon } from '../../kit/ui/Icon';
import { MessageCard, QuickReplies } from '../../kit/ui/MessageCard';
import { t } from '../words';
import { address } from './Attachments';
import { ImageView } from './ImageView';

/** What the visitor was shown beside the words; his buttons stand here as plain words. */
export function Cards({ content, files }: { content: Content; files: readonly Attachment[] }) {
  const { cards, replies } = content;
  const [shown, setShown] = useState<Attachment | null>(null);
  return (
    <>
      {cards.map(({ title, lines, picture, buttons }, index) => {
        const file = files.find(({ id }) => id === picture);
        return (
          <MessageCard
            key={index}
            title={title}
            lines={lines}
            picture={file && <Picture file={file} onShow={() => setShown(file)} />}
            actions={buttons.length > 0 && buttons.map((button, place) => <Action key={place} {...button} />)}
          />
        );
      })}
      {shown && <ImageView images={[shown]} at={0} onMove={() => undefined} onClose={() => setShown(null)} />}
      {replies.length > 0 && (
        <QuickReplies label={t().quickReplies}>
          {replies.map((text, index) => (
            <span key={index}>{text}</span>
          ))}
        </QuickReplies>
      )}
    </>
  );
}

function Picture({ file, onShow }: { file: Attachment; onShow: () => void }) {
  return (
    <button type="button" aria-label={`${t().image}: ${file.name}`} aria-haspopup="dialog" onClick={onShow}>
      <img src={address(file)} alt="" loading="lazy" />
    </button>
  );
}

function Action({ label, link, reply }: Content['cards'][number]['buttons'][number]) {
  if (link === null) return <span title={reply ?? undefined}>{label}</span>;
  return (
    <a href={link} title={link} target="_blank" rel="noopener noreferrer nofollow">
      {label} <Icon name="out" size="s" />
    </a>
  );
}
