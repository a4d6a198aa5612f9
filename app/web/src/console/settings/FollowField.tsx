import { SelectField } from '../../kit/ui/Field';
import { t as words } from '../words';
import { t } from './hoursWords';
import type { Schedule } from './schedules';

interface FollowFieldProps {
  schedules: readonly Schedule[];
  schedule: string | null;
  onFollow: (schedule: string | null) => void;
}

/** Whose hours are followed; null: hours of its own. Nothing to choose where nothing is shared. */
export function FollowField({ schedules, schedule, onFollow }: FollowFieldProps) {
  if (schedules.length === 0 && schedule === null) return null;
  return (
    <SelectField
      label={words().hours}
      field="schedule_id"
      value={schedule ?? ''}
      choices={[{ value: '', label: t().own }, ...schedules.map(({ id, name }) => ({ value: id, label: name }))]}
      onChange={(chosen) => onFollow(chosen || null)}
    />
  );
}
