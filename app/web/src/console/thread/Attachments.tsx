import { useState } from 'preact/hooks';
import { fileSize } from '../../kit/dates';
import type { Attachment } from '../../kit/frames';
import { base } from '../../kit/place';
import { FileChip } from '../../kit/ui/FileChip';
import { Icon } from '../../kit/ui/Icon';
import { t } from '../words';
import { ImageView } from './ImageView';

/** Images as pictures that open large, other files as chips; the agent's cookie opens both. */
export function Attachments({ files }: { files: readonly Attachment[] }) {
  const w = t();
  const [open, setOpen] = useState<number | null>(null);
  const images = files.filter(isImage);
  const others = files.filter((file) => !isImage(file));
  return (
    <>
      {images.length > 0 && (
        <div class="pics">
          {images.map((file, index) => (
            <a
              key={file.id}
              class="pic"
              href={address(file)}
              target="_blank"
              rel="noopener"
              title={file.name}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey || event.shiftKey) return;
                event.preventDefault();
                setOpen(index);
              }}
            >
              <img
                src={address(file)}
                alt={`${w.image}: ${file.name}`}
                width={file.width || undefined}
                height={file.height || undefined}
                loading="lazy"
              />
            </a>
          ))}
        </div>
      )}
      {open !== null && <ImageView images={images} at={open} onMove={setOpen} onClose={() => setOpen(null)} />}
      {others.length > 0 && (
        <div class="files">
          {others.map((file) => (
            <a key={file.id} href={address(file)} download={file.name} title={w.download}>
              <FileChip
                name={file.name}
                detail={fileSize(file.size)}
                action={<Icon name="down-tray" label={w.download} />}
              />
            </a>
          ))}
        </div>
      )}
    </>
  );
}

function isImage({ type, width }: Attachment): boolean {
  return type.startsWith('image/') && width > 0;
}

export function address({ id }: Pick<Attachment, 'id'>): string {
  return `${base}api/v1/files/${id}`;
}
