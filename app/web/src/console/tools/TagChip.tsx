import { Icon } from '../../kit/ui/Icon';
import type { Tag } from '../state/tags';
import { TagBadge } from './TagBadge';
import './TagChip.css';

/** A tag where it was put, and, where `onRemove` is given, what takes it away, which `label` says. */
export function TagChip({ tag, label, onRemove }: { tag: Pick<Tag, 'name' | 'color'>; label: string; onRemove?: (() => void) | undefined }) {
  return (
    <span class="tag-chip">
      <TagBadge tag={tag} />
      {onRemove && (
        <button type="button" aria-label={label} onClick={onRemove}>
          <Icon name="x" size="s" />
        </button>
      )}
    </span>
  );
}
