import { Segment } from '../../kit/ui/Tabs';
import { t as organisations } from '../organisations/words';
import type { Desk } from '../state/desk';
import { t } from './words';

type Page = 'contacts' | 'organisations';

/** Between the contacts and whom they belong to. */
export function PeopleTabs({ desk, chosen }: { desk: Desk; chosen: Page }) {
  const w = t();
  return (
    <div>
      <Segment
        label={w.title}
        tabs={[
          { key: 'contacts', label: w.title },
          { key: 'organisations', label: organisations().title },
        ]}
        chosen={chosen}
        onChoose={(page) => desk.router.go(page)}
      />
    </div>
  );
}
