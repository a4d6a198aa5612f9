import { useEffect, useRef, useState } from 'preact/hooks';
import type { Api } from '../kit/api';
import { fileSize } from '../kit/dates';
import type { Attachment } from '../kit/frames';
import { Button } from '../kit/ui/Button';
import { FileChip } from '../kit/ui/FileChip';
import { t } from './words';

const SHOWN = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
/** As large as an image is shown, in pixels: `--bubble-small` wide, `--picture-tall` high. */
const BOX = { width: 292, height: 240 };

/** A file of a message: an image is shown, anything else is one line with a way to save it. */
export function Attached({ api, file }: { api: Api; file: Attachment }) {
  return SHOWN.has(file.type) ? <Picture api={api} file={file} /> : <Saved api={api} file={file} />;
}

function Saved({ api, file }: { api: Api; file: Attachment }) {
  const [failed, setFailed] = useState('');
  const save = async (): Promise<void> => {
    try {
      saveAs(await api.file(pathOf(file)), file.name);
      setFailed('');
    } catch (error) {
      setFailed(error instanceof Error ? error.message : String(error));
    }
  };
  const button = <Button kind="ghost" size="s" icon="down-tray" label={t().download(file.name)} onPress={() => void save()} />;
  return <FileChip name={file.name} detail={failed || fileSize(file.size)} bad={failed !== ''} action={button} />;
}

/** Fetched when it comes into view, with the token in a header, and shown from a blob address. */
function Picture({ api, file }: { api: Api; file: Attachment }) {
  const place = useRef<HTMLButtonElement>(null);
  const [address, setAddress] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let made: string | null = null;
    let gone = false;
    const load = async (): Promise<void> => {
      try {
        const blob = await api.file(pathOf(file));
        if (gone) return;
        made = URL.createObjectURL(blob);
        setAddress(made);
      } catch {
        setFailed(true);
      }
    };
    const watcher = new IntersectionObserver((sights) => {
      if (!sights.some(({ isIntersecting }) => isIntersecting)) return;
      watcher.disconnect();
      void load();
    });
    if (place.current !== null) watcher.observe(place.current);
    return () => {
      gone = true;
      watcher.disconnect();
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [api, file.id]);
  if (failed) return <FileChip name={file.name} detail={t().imageFailed} image bad />;
  const size = shownSize(file);
  return (
    <button ref={place} type="button" class="picture" aria-label={t().openImage(file.name)} onClick={() => address !== null && window.open(address, '_blank', 'noopener')}>
      {address === null ? <svg {...size} aria-hidden="true" /> : <img src={address} alt={file.name} {...size} />}
    </button>
  );
}

/** The place an image will take, known before it is there, so that nothing jumps. */
export function shownSize({ width, height }: Attachment): { width: number; height: number } {
  if (width <= 0 || height <= 0) return BOX;
  const scale = Math.min(1, BOX.width / width, BOX.height / height);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

function pathOf({ id }: Attachment): string {
  return `api/v1/visitor/files/${id}`;
}

function saveAs(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
