/** The visitor's words: each language is a script of its own, for nobody reads two. */
import { batch, signal } from '@preact/signals';
import { type Language, speak } from '../kit/i18n';
import type { Entry } from '../kit/thread';
import type { words as english } from './words/en';

export type Words = typeof english;

const fetched: Record<Language, () => Promise<{ words: Words }>> = {
  en: () => import('./words/en'),
  zh: () => import('./words/zh'),
};
const held = signal<Words | null>(null);
let asked = 0;

/** The words of the page's language; null until the first are here. */
export function wordsOrNull(): Words | null {
  return held.value;
}

/** The same, for what is drawn once they are here. */
export function t(): Words {
  if (held.value === null) throw new Error('no words yet');
  return held.value;
}

/** Fetches the words of a language and changes to it; the page stays as it is where they do not come. The last wish holds. */
export async function speakIn(language: Language): Promise<void> {
  const wish = (asked += 1);
  const { words } = await fetched[language]();
  if (wish !== asked) return;
  batch(() => {
    held.value = words;
    speak(language);
  });
}

/** A status line in words: `data.event` names what happened, `data.agent` who did it. */
export function notice({ data }: Entry): string {
  const { notices } = t();
  const event = data?.event ?? '';
  const agent = data?.agent ?? '';
  const waited = data?.['waited_ms'];
  if (event === 'joined') return notices.joined(agent, waited === undefined ? '' : duration(Number(waited), notices.units));
  if (event === 'left_message') return notices.left_message(data?.['number'] ?? '');
  return (event in notices ? notices[event as 'resolved'] : notices.other)(agent);
}

/** `18 s`, `3 min`, `2 h`: whole units, none below one. */
function duration(milliseconds: number, [seconds = '', minutes = '', hours = '']: readonly string[]): string {
  const whole = Math.max(1, Math.round(milliseconds / 1_000));
  if (whole < 90) return `${whole} ${seconds}`;
  return whole < 5_400 ? `${Math.round(whole / 60)} ${minutes}` : `${Math.round(whole / 3_600)} ${hours}`;
}
