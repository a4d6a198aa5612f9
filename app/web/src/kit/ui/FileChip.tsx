import type { ComponentChildren } from 'preact';
import { Icon } from './Icon';
import { Progress } from './Progress';
import './FileChip.css';

export interface FileChipProps {
  name: string;
  /** e.g. `84 kB` or what went wrong. */
  detail: string;
  image?: boolean;
  /** What stands before its name instead of an icon. */
  picture?: ComponentChildren;
  bad?: boolean;
  /** From 0 to 1 while it goes up. */
  progress?: number | undefined;
  progressLabel?: string;
  action?: ComponentChildren;
}

/** A file as one line: picture, name, size or progress, one action. */
export function FileChip({ name, detail, image, picture, bad, progress, progressLabel = '', action }: FileChipProps) {
  return (
    <div class={bad ? 'file bad' : 'file'}>
      {picture ?? (
        <Icon name={bad ? 'stop' : image ? 'image' : 'file'} size="l" {...(bad ? { tone: 'danger' as const } : {})} />
      )}
      <div class="grow">
        <div class="cut" title={name}>
          {name}
        </div>
        {progress === undefined ? (
          <div class={bad ? 'small num tone-danger' : 'small t3 num'}>{detail}</div>
        ) : (
          <Progress done={progress} label={progressLabel} />
        )}
      </div>
      {action}
    </div>
  );
}
