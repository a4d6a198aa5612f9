import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Api } from '../kit/api';
import type { Attachment } from '../kit/frames';
import { Button } from '../kit/ui/Button';
import type { usePicture, useSave } from './Attached';
import { kept } from './focus';
import { t } from './words';

interface ImageViewProps {
  api: Api;
  file: Attachment;
  /** From the thread's script, which is here already: imported, they would be cut out of it into one more. */
  usePicture: typeof usePicture;
  useSave: typeof useSave;
  onClose: () => void;
}

/** An image as large as the window: Esc or a click beside it closes, and the focus returns to where it was. */
export function ImageView({ api, file, usePicture, useSave, onClose }: ImageViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const { place, address, failed } = usePicture<HTMLDivElement>(api, file);
  const [refused, save] = useSave(api, file);
  useLayoutEffect(() => {
    const before = document.activeElement;
    return () => { if (before instanceof HTMLElement) before.focus({ preventScroll: true }); };
  }, []);
  useEffect(() => box.current?.querySelector<HTMLElement>('.image-tools button:last-child')?.focus(), []);
  return (
    <div
      ref={box}
      class="image-view"
      role="dialog"
      aria-modal="true"
      aria-label={file.name}
      onKeyDown={(event) => {
        if (event.key === 'Escape') {
          event.stopPropagation(); // or it would close the whole window
          onClose();
        } else kept(event);
      }}
    >
      <div class="image-tools">
        <span class="cut grow" title={file.name}>{file.name}</span>
        <Button kind="ghost" icon="down-tray" label={t().download(file.name)} onPress={save} />
        <Button kind="ghost" icon="x" label={t().closeImage} onPress={onClose} />
      </div>
      <div class="image-place" ref={place} onClick={(event) => { if (event.target === event.currentTarget) onClose(); }}>
        {address !== null && <img src={address} alt={file.name} />}
        {(failed || refused !== '') && <p role="alert">{refused || t().imageFailed}</p>}
      </div>
    </div>
  );
}
