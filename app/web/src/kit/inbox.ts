/** How an inbox meets its visitors: twins of `model/widget.py` and `chat/reception.py`, and what follows from them. */
import type { Language } from './i18n';

export interface Texts {
  en: string;
  zh: string;
}

export type Ask = 'no' | 'optional' | 'required';

export interface Fields {
  name: Ask;
  email: Ask;
  phone: Ask;
  free: Ask;
  free_label: Texts;
  consent: Texts;
  consent_link: string;
}

/** `day` 1 is Monday; `opens` and `closes` in minutes since midnight. */
export interface Period {
  day: number;
  opens: number;
  closes: number;
}

/** A day with other periods, or none; `date` is `2026-10-01`. */
export interface Holiday {
  date: string;
  name: Texts;
  yearly: boolean;
  periods: Omit<Period, 'day'>[];
}

export interface Hours {
  zone: string;
  periods: Period[];
  holidays: Holiday[];
}

/** A word beside the score, kept as its English words, else its Chinese ones. */
export interface SurveyTag {
  en?: string;
  zh?: string;
}

/** Whether and how visitors are asked to rate; what is as usual is left out. */
export interface Survey {
  ask?: boolean;
  wait_minutes?: number;
  question?: Partial<Texts>;
  tags?: readonly SurveyTag[];
}

/** Words above the launcher and when they are shown; `page` are pieces of the address, parted by `*`. */
export interface Invitation {
  id: string;
  text: Texts;
  page: string;
  seconds: number;
  event: string;
  who: 'all' | 'new' | 'back';
  when: 'any' | 'open' | 'closed';
}

/** Words for who opens the chat on some pages; `page` as of an invitation. */
export interface Greeting {
  text: Texts;
  page: string;
  language: 'any' | Language;
}

/** After so many minutes in the queue the form is offered, or stands in front; what is as usual is left out. */
export interface Patience {
  minutes?: number;
  then?: 'offer' | 'form';
}

export interface Widget {
  side: 'right' | 'left';
  label: Texts;
  invitation: Texts;
  invitation_seconds: number;
  fields: Fields;
  hours: Hours;
  away: 'chat' | 'form';
  invitations: Invitation[];
  invitation_pause_hours: number;
  survey: Survey;
  greetings: Greeting[];
  patience: Patience;
}

/** A widget as a new inbox has it. */
export const PLAIN_WIDGET: Widget = {
  side: 'right',
  label: { en: '', zh: '' },
  invitation: { en: '', zh: '' },
  invitation_seconds: 8,
  fields: { name: 'no', email: 'no', phone: 'no', free: 'no', free_label: { en: '', zh: '' }, consent: { en: '', zh: '' }, consent_link: '' },
  hours: { zone: '', periods: [], holidays: [] },
  away: 'chat',
  invitations: [],
  invitation_pause_hours: 24,
  survey: {},
  greetings: [],
  patience: {},
};

/** How an inbox stands now. Times in ms UTC; null where there is nothing honest to say. */
export interface Reception {
  open: boolean;
  changes_at: number | null;
  online: number;
  faces: { id: string; name: string }[];
  reply_seconds: number | null;
  /** The holiday that today is. */
  holiday?: Texts | null;
}

/** The text in the reader's language, else in the other one; empty where there is none. */
export function wording(texts: Texts, language: Language): string {
  return texts[language] || texts.en || texts.zh;
}

/** Whether the form takes the chat's place: the inbox wants it so, and it is closed or nobody is there. */
export function isAway({ away }: Pick<Widget, 'away'>, { open, online }: Reception): boolean {
  return away === 'form' && (!open || online === 0);
}
