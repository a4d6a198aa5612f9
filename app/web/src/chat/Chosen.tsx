import { useEffect, useState } from 'preact/hooks';
import { fileSize } from '../kit/dates';
import { Button } from '../kit/ui/Button';
import { FileChip } from '../kit/ui/FileChip';
import { Icon } from '../kit/ui/Icon';
import { Progress } from '../kit/ui/Progress';
import type { Upload } from '../kit/uploads';
import { f } from './fileWords';
import type { Visit } from './visit';
import { t } from './words';

/** What will go with the message: images as pictures, other files as lines, each with a way to take it off. */
export function Chosen({ visit, uploads }: { visit: Visit; uploads: readonly Upload[] }) {
  return (
    <ul class="chosen" aria-label={f().chosenFiles}>
      {uploads.map((upload) => (
        <li key={upload.key} class={upload.image && upload.failed === null ? 'tile' : undefined}>
          {upload.image && upload.failed === null ? <Tile visit={visit} upload={upload} /> : <Row visit={visit} upload={upload} />}
        </li>
      ))}
    </ul>
  );
}

function Row({ visit, upload: { key, name, size, image, progress, waiting, done, failed, final } }: { visit: Visit; upload: Upload }) {
  return (
    <FileChip
      name={name}
      detail={failed ?? (waiting ? f().fileWaits : fileSize(size))}
      image={image}
      bad={failed !== null}
      progress={done === null && failed === null && !waiting ? progress : undefined}
      progressLabel={t().uploading(name)}
      action={
        <span class="row row-s">
          {failed !== null && !final && <Button kind="ghost" size="s" icon="refresh" label={f().retryFile(name)} onPress={() => visit.uploads.retry(key)} />}
          <Button kind="ghost" size="s" icon="x" label={t().removeFile(name)} onPress={() => visit.uploads.remove(key)} />
        </span>
      }
    />
  );
}

function Tile({ visit, upload: { key, name, size, progress, waiting, done } }: { visit: Visit; upload: Upload }) {
  const address = usePreview(visit, key);
  return (
    <>
      {address === null ? <Icon name="image" size="l" /> : <img src={address} alt="" />}
      <span class="sr">{`${name} ${fileSize(size)}`}</span>
      {waiting && <span class="tile-note small">{f().fileWaits}</span>}
      {done === null && !waiting && <Progress done={progress} label={t().uploading(name)} />}
      <Button kind="ghost" size="s" icon="x" label={t().removeFile(name)} onPress={() => visit.uploads.remove(key)} />
    </>
  );
}

/** The chosen image itself, from this device; null where its bytes are no longer at hand. */
function usePreview(visit: Visit, key: string): string | null {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    let made: string | null = null;
    let gone = false;
    void visit.uploads.preview(key).then((blob) => {
      if (blob === null || gone) return;
      made = URL.createObjectURL(blob);
      setAddress(made);
    });
    return () => {
      gone = true;
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [key]);
  return address;
}
