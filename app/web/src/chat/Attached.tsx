import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Api } from '../kit/api';
import { fileSize } from '../kit/dates';
import type { Attachment } from '../kit/frames';
import { Button } from '../kit/ui/Button';
import { FileChip } from '../kit/ui/FileChip';
import { saveAs } from './saving';
import { t } from './words';

const SHOWN = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
/** As large as an image is shown, in pixels: `--bubble-small` wide, `--picture-tall` high. */
const BOX = { width: 292, height: 240 };
/** So many images stay at hand, so that one that is scrolled back to is not fetched again. */
const HELD_MAX = 24;

interface AttachedProps {
  api: Api;
  file: Attachment;
  /** Shows an image as large as the window. */
  onOpen: (file: Attachment) => void;
}

/** A file of a message: an image is shown, anything else is one line with a way to save it. */
export function Attached(props: AttachedProps) {
  return SHOWN.has(props.file.type) ? <Shown {...props} /> : <Saved {...props} />;
}

function Saved({ api, file }: AttachedProps) {
  const [failed, save] = useSave(api, file);
  const button = <Button kind="ghost" size="s" icon="down-tray" label={t().download(file.name)} onPress={save} />;
  return <FileChip name={file.name} detail={failed || `${kindOf(file.name)} · ${fileSize(file.size)}`} bad={failed !== ''} action={button} />;
}

/** A way to save a file under its name, and why it failed. */
export function useSave(api: Api, file: Attachment): [failed: string, save: () => void] {
  const [failed, setFailed] = useState('');
  const save = async (): Promise<void> => {
    try {
      saveAs(await fetched(api, file), file.name);
      setFailed('');
    } catch (error) {
      setFailed(error instanceof Error ? error.message : String(error));
    }
  };
  return [failed, () => void save()];
}

function Shown({ api, file, onOpen }: AttachedProps) {
  const { place, address, failed, again } = usePicture<HTMLButtonElement>(api, file);
  const size = shownSize(file);
  if (failed) {
    const retry = <Button kind="ghost" size="s" icon="refresh" label={t().retryImage(file.name)} onPress={again} />;
    return <FileChip name={file.name} detail={t().imageFailed} image bad action={retry} />;
  }
  return (
    <button ref={place} type="button" class="picture" aria-label={t().openImage(file.name)} aria-haspopup="dialog" onClick={() => onOpen(file)}>
      {address === null ? <svg {...size} aria-hidden="true" /> : <img src={address} alt={file.name} {...size} />}
    </button>
  );
}

interface Picture<T> {
  place: RefObject<T>;
  address: string | null;
  failed: boolean;
  again: () => void;
}

/**
 * An image's address, once `place` has come into view: fetched with the token in a header, shown from a blob. What failed
 * is tried once more when the browser is online again, and whenever a person wants it.
 */
export function usePicture<T extends Element>(api: Api, file: Attachment): Picture<T> {
  const place = useRef<T>(null);
  const [address, setAddress] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  const [tries, setTries] = useState(0);
  const again = (): void => {
    setFailed(false);
    setTries(tries + 1);
  };
  useEffect(() => {
    if (!failed) return undefined;
    window.addEventListener('online', again);
    return () => window.removeEventListener('online', again);
  }, [failed]);
  useEffect(() => {
    let made: string | null = null;
    let gone = false;
    const load = async (): Promise<void> => {
      try {
        const blob = await fetched(api, file);
        if (gone) return;
        made = URL.createObjectURL(blob);
        setAddress(made);
      } catch {
        if (!gone) setFailed(true);
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
  }, [api, file.id, tries]);
  return { place, address, failed, again };
}

const held = new Map<string, Promise<Blob>>();

/** A file's bytes; the latest images are held. */
function fetched(api: Api, file: Attachment): Promise<Blob> {
  if (!SHOWN.has(file.type)) return api.file(pathOf(file));
  const known = held.get(file.id) ?? api.file(pathOf(file));
  held.delete(file.id);
  held.set(file.id, known);
  known.catch(() => held.delete(file.id));
  const [oldest] = held.keys();
  if (held.size > HELD_MAX && oldest !== undefined) held.delete(oldest);
  return known;
}

/** The place an image will take, known before it is there, so that nothing jumps. */
export function shownSize({ width, height }: Attachment): { width: number; height: number } {
  if (width <= 0 || height <= 0) return BOX;
  const scale = Math.min(1, BOX.width / width, BOX.height / height);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

/** `PDF`: what a name's ending says. */
function kindOf(name: string): string {
  return /\.([a-z0-9]{1,5})$/i.exec(name)?.[1]?.toUpperCase() ?? t().file;
}

function pathOf({ id }: Attachment): string {
  return `api/v1/visitor/files/${id}`;
}
