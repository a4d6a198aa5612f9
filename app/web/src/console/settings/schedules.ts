/** Opening hours that are shared, and when teams are there, as the API tells them. */
import { useEffect, useState } from 'preact/hooks';
import type { Hours } from '../../kit/inbox';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';

export interface Schedule {
  readonly id: string;
  readonly name: string;
  readonly hours: Hours;
}

export interface TeamHours {
  readonly team_id: string;
  readonly schedule_id: string | null;
  readonly hours: Hours;
}

export interface Told {
  readonly schedules: readonly Schedule[];
  readonly teams: readonly TeamHours[];
}

export const NO_HOURS: Hours = { zone: '', periods: [], holidays: [] };

interface Schedules extends Told {
  /** They have come. */
  readonly known: boolean;
  /** Why they did not come; empty while they are awaited or here. */
  readonly why: string;
  readonly load: () => void;
}

/** What the server knows of them, asked when `wanted`. */
export function useSchedules(desk: Desk, wanted = true): Schedules {
  const [told, setTold] = useState<Told | null>(null);
  const [why, setWhy] = useState('');
  const load = (): void => {
    setWhy('');
    desk.api.get<Told>('api/v1/schedules').then(setTold, (error: unknown) => setWhy(reason(error)));
  };
  useEffect(() => { if (wanted && told === null) load(); }, [wanted]);
  return { schedules: told?.schedules ?? [], teams: told?.teams ?? [], known: told !== null, why, load };
}
