import { useEffect, useRef } from 'preact/hooks';
import { fileSize } from '../../kit/dates';
import type { Attachment } from '../../kit/frames';
import { Button } from '../../kit/ui/Button';
import { Icon } from '../../kit/ui/Icon';
import { t as words } from '../words';
import { address } from './Attachments';
import { t } from './words';

interface ImageViewProps {
  images: readonly Attachment[];
  at: number;
  onMove: (at: number) => void;
  onClose: () => void;
}

/** Pictures of one message, large: arrows lead from one to the next, Esc back to where one was. */
export function ImageView({ images, at, onMove, onClose }: ImageViewProps) {
  const w = t();
  const box = useRef<HTMLDialogElement>(null);
  const image = images[at];
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    const dialog = box.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
      before?.focus();
    };
  }, []);
  if (!image) return null;
  const move = (by: number): void => onMove((at + by + images.length) % images.length);
  return (
    <dialog
      ref={box}
      class="viewer"
      aria-label={`${w.picture}: ${image.name}`}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === event.currentTarget && onClose()}
      onKeyDown={(event) => {
        if (event.key === 'ArrowRight') move(1);
        if (event.key === 'ArrowLeft') move(-1);
      }}
    >
      <div class="viewer-head">
        <span class="cut grow">{image.name}</span>
        <span class="small t3 num">
          {images.length > 1 && `${w.pictureOf(at + 1, images.length)} · `}
          {image.width} × {image.height} · {fileSize(image.size)}
        </span>
        {images.length > 1 && (
          <>
            <Button kind="ghost" icon="left" label={w.previous} onPress={() => move(-1)} />
            <Button kind="ghost" icon="right" label={w.next} onPress={() => move(1)} />
          </>
        )}
        <a class="btn ghost icon" href={address(image)} download={image.name} aria-label={words().download}>
          <Icon name="down-tray" />
        </a>
        <Button kind="ghost" icon="x" label={w.close} onPress={onClose} />
      </div>
      <img class="viewer-image" src={address(image)} alt={`${words().image}: ${image.name}`} width={image.width} height={image.height} />
    </dialog>
  );
}
