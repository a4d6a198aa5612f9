/** Who is on the sites now, as the API tells it, and which of them are shown. */
import type { Contact } from '../../kit/frames';

export interface Guest {
  readonly contact: Contact;
  readonly inbox_id: string;
  readonly url: string;
  readonly title: string;
  readonly page_at: number;
  readonly since: number;
  readonly pages: number;
  readonly came_from: string;
  readonly visits: number;
  readonly conversation_id: string | null;
  readonly talking: boolean;
}

export const WHO = ['all', 'fresh', 'back', 'free'] as const;

export interface Narrowed {
  readonly who: (typeof WHO)[number];
  readonly inbox: string;
  readonly text: string;
}

/** Whether a visitor is one of those that are asked for. */
export function fits(guest: Guest, { who, inbox, text }: Narrowed): boolean {
  if (who === 'fresh' && guest.visits > 1) return false;
  if (who === 'back' && guest.visits === 1) return false;
  if (who === 'free' && guest.talking) return false;
  if (inbox !== '' && guest.inbox_id !== inbox) return false;
  const words = text.trim().toLowerCase();
  const { contact, url, title, came_from: from } = guest;
  return words === '' || [contact.name, contact.email, url, title, from].some((one) => one.toLowerCase().includes(words));
}
