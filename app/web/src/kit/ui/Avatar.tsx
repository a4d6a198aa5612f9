import { Dot } from './Dot';
import { Icon } from './Icon';
import './Avatar.css';

const FACES = 6;

export interface AvatarProps {
  id: string;
  name: string;
  size?: 'xs' | 's' | 'm' | 'row' | 'l';
  kind?: 'person' | 'bot';
  presence?: 'online' | 'away' | 'offline' | undefined;
}

/** A face: initials on one of six quiet grounds, chosen by the id. Decoration: the name stands beside it. */
export function Avatar({ id, name, size = 'm', kind = 'person', presence }: AvatarProps) {
  const names = ['av', size === 'm' ? '' : size, kind === 'bot' ? 'av-b' : `av-${face(id)}`].filter(Boolean).join(' ');
  return (
    <span class={names} aria-hidden="true">
      {kind === 'bot' ? <Icon name="bot" /> : initials(name) || <Icon name="user" />}
      {presence && <Dot state={presence} />}
    </span>
  );
}

/** Which of the six grounds an id gets: 1 to 6, always the same one. */
export function face(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) % 65_521;
  return (sum % FACES) + 1;
}

/** One Chinese character, or the first letters of the first and last word; empty without a letter. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/\s+/u)
    .filter((word) => /^\p{L}/u.test(word));
  const first = words[0];
  if (!first) return '';
  const head = [...first][0] ?? '';
  if (/\p{Script=Han}/u.test(head)) return head;
  const last = words.length > 1 ? ([...(words[words.length - 1] ?? '')][0] ?? '') : '';
  return (head + last).toUpperCase();
}
