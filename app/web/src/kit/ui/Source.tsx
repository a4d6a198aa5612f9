import { face } from './Avatar';
import './Source.css';

const GROUNDS = 3;

/** Where a conversation comes from: the first letter of the inbox on a quiet square, never a vendor's logo. */
export function Source({ id, name }: { id: string; name: string }) {
  const glyph = [...name.trim()][0]?.toUpperCase() ?? '';
  return (
    <span class={`src src-${(face(id) % GROUNDS) + 1}`} title={name}>
      <span aria-hidden="true">{glyph}</span>
      <span class="sr">{name}</span>
    </span>
  );
}
