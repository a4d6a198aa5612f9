/** What this desk calls where its tickets stand. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { language } from '../../kit/i18n';
import type { Desk } from '../state/desk';

export interface TicketStatus {
  readonly id: string;
  readonly name_en: string;
  readonly name_zh: string;
  readonly category: 'open' | 'waiting' | 'done';
  readonly archived: boolean;
}

/** Those of the desk, in their order; none until they are here. */
const known = signal<readonly TicketStatus[]>([]);

/** Shows what the server has just told of them. */
export function keepStatuses(statuses: readonly TicketStatus[]): void {
  known.value = statuses;
}

/** All of them, archived ones too, since old tickets have those; asked for when the screen opens, or `once`. */
export function useStatuses(desk: Desk, once = false): readonly TicketStatus[] {
  useEffect(() => {
    if (!desk.may('tickets.read') || (once && known.peek().length > 0)) return;
    desk.api.get<{ statuses: readonly TicketStatus[] }>('api/v1/ticket-statuses').then(
      (answer) => keepStatuses(answer.statuses),
      () => undefined, // what was known is shown; the next visit asks again
    );
  }, []);
  return known.value;
}

/** Those that a ticket may be given. */
export function givable(statuses: readonly TicketStatus[]): readonly TicketStatus[] {
  return statuses.filter(({ archived }) => !archived);
}

/** What people call it; an ellipsis until that is known. */
export function nameOfStatus(id: string): string {
  const status = known.value.find((one) => one.id === id);
  if (status === undefined) return '…';
  return language.value === 'zh' ? status.name_zh : status.name_en;
}
