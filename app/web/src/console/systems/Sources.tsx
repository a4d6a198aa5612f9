import { useDesk } from '../state/desk';
import { AddSource } from './AddSource';
import { SourceListPage } from './SourceListPage';
import { SourcePage } from './SourcePage';

/** What stands in the address for joining one: no source can be called so. */
export const ADD = '_new';

/** Data sources: all of them, one of them, or one that is being joined. */
export function Sources() {
  const route = useDesk().router.route.value;
  const item = route.page === 'settings' ? route.item : null;
  if (item === null) return <SourceListPage />;
  return item === ADD ? <AddSource /> : <SourcePage key={item} name={item} />;
}
