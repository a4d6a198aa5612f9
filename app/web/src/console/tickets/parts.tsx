/** Small parts that the list and the page of a ticket share. */
import type { Contact, Ticket } from '../../kit/frames';
import { dayLabel, fullDay } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { Badge } from '../../kit/ui/Badge';
import type { Choice } from '../../kit/ui/Field';
import type { Desk } from '../state/desk';
import { t as words } from '../words';
import { overdue } from './model';
import { nameOfStatus } from './statuses';
import { t } from './words';

const TONES = { open: 'accent', waiting: 'warn', done: 'ok' } as const;

export function StatusBadge({ ticket: { status, category } }: { ticket: Ticket }) {
  const tone = status === 'new' ? 'info' : TONES[category as keyof typeof TONES];
  return <Badge tone={tone}>{nameOfStatus(status)}</Badge>;
}

export function PriorityBadge({ priority }: { priority: number }) {
  const tone = priority === 4 ? 'danger' : priority === 3 ? 'warn' : 'line';
  return <Badge tone={tone}>{t().priorities[priority]}</Badge>;
}

/** When it is due; overdue in words, for who does not see the colour. */
export function Due({ ticket, now }: { ticket: Ticket; now: number }) {
  const { due_at: due } = ticket;
  if (due === null) return <span class="t3">–</span>;
  const day = dayLabel(due, now, language.value);
  const late = overdue(ticket, now);
  return (
    <span class="num" title={fullDay(due, language.value)}>
      {late ? <Badge tone="danger">{`${t().overdue} · ${day}`}</Badge> : day}
    </span>
  );
}

export function nameOf(contact: Contact | null): string {
  if (contact === null) return t().noCustomer;
  return contact.name || words().visitor(contact.number);
}

/** Colleagues who may take a ticket, me first. */
export function colleagues(desk: Desk): readonly Choice[] {
  const mine = desk.me.agent.id;
  const all = [...desk.people.colleagues.value.values()].filter(({ disabled, role }) => !disabled && role !== 'observer');
  all.sort((one, other) => Number(other.id === mine) - Number(one.id === mine) || one.name.localeCompare(other.name));
  return all.map(({ id, name }) => ({ value: id, label: name }));
}

export function teams(desk: Desk): readonly Choice[] {
  return [...desk.people.teams.value.values()].map(({ id, name }) => ({ value: id, label: name }));
}
