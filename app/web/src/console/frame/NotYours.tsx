import { Button } from '../../kit/ui/Button';
import { Empty } from '../../kit/ui/Empty';
import { useDesk } from '../state/desk';
import { t } from '../words';

/** A page that his role does not show: said once, with the way back, instead of every part of it failing. */
export function NotYours() {
  const desk = useDesk();
  const w = t();
  return (
    <Empty icon="lock" title={w.notYours} action={<Button onPress={() => desk.router.go('')}>{w.toConversations}</Button>}>
      {w.notYoursWhy}
    </Empty>
  );
}
