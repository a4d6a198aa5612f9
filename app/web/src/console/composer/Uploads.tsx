import { useEffect, useState } from 'preact/hooks';
import { fileSize } from '../../kit/dates';
import { Button } from '../../kit/ui/Button';
import { FileChip } from '../../kit/ui/FileChip';
import type { Upload } from '../../kit/uploads';
import type { Desk } from '../state/desk';
import { t } from '../words';

/** What will go with the message: images as they look, how far each file is, a way to take it off. */
export function Uploads({ desk, conv, uploads }: { desk: Desk; conv: string; uploads: readonly Upload[] }) {
  return (
    <ul class="uploads" aria-label={t().chosenFiles}>
      {uploads.map((upload) => (
        <li key={upload.key}>
          <Chosen desk={desk} conv={conv} upload={upload} />
        </li>
      ))}
    </ul>
  );
}

function Chosen({ desk, conv, upload }: { desk: Desk; conv: string; upload: Upload }) {
  const { key, name, size, image, progress, waiting, done, failed, final } = upload;
  const w = t();
  const picture = usePreview(desk, conv, image ? key : null);
  return (
    <FileChip
      name={name}
      detail={failed ?? (waiting ? w.fileWaits : fileSize(size))}
      image={image}
      picture={picture !== null && failed === null ? <img class="file-picture" src={picture} alt="" /> : undefined}
      bad={failed !== null}
      progress={done || failed || waiting ? undefined : progress}
      progressLabel={w.uploading(name)}
      action={
        <span class="row row-s">
          {failed !== null && !final && (
            <Button
              kind="ghost"
              size="s"
              icon="refresh"
              label={w.retryFile(name)}
              onPress={() => desk.drafts.retry(conv, key)}
            />
          )}
          <Button
            kind="ghost"
            size="s"
            icon="x"
            label={w.removeFile(name)}
            onPress={() => desk.drafts.remove(conv, key)}
          />
        </span>
      }
    />
  );
}

/** The image itself, from this device; null where its bytes are no longer at hand. */
function usePreview(desk: Desk, conv: string, key: string | null): string | null {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (key === null) return;
    let made: string | null = null;
    let gone = false;
    void desk.drafts.preview(conv, key).then((blob) => {
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
