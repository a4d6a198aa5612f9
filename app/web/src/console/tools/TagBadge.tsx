import { Badge } from '../../kit/ui/Badge';
import type { Color, Tag } from '../state/tags';

const TONES = { grey: undefined, blue: 'info', green: 'ok', amber: 'warn', red: 'danger', violet: 'bot' } as const;

/** A tag as it stands anywhere. */
export function TagBadge({ tag }: { tag: Pick<Tag, 'name' | 'color'> }) {
  const tone = TONES[tag.color as Color];
  return <Badge {...(tone ? { tone } : {})}>{tag.name}</Badge>;
}
