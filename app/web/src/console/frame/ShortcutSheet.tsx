import { Dialog } from '../../kit/ui/Dialog';
import { Switch } from '../../kit/ui/Toggle';
import { useDesk } from '../state/desk';
import { GROUPS, SHORTCUTS, chooseLetterKeys, groupLabel, keyCaps, labelOf, letterKeys } from '../state/shortcuts';
import { t } from './words';

/** Every key of the console, as its one table has them. */
export function ShortcutSheet() {
  const desk = useDesk();
  const w = t();
  return (
    <Dialog title={w.shortcuts} wide onClose={() => (desk.showingKeys.value = false)}>
      <div class="keys-frame" role="region" aria-label={w.shortcuts} tabIndex={0}>
        <div class="keys">
        {GROUPS.map((group) => (
          <section key={group}>
            <h4>{groupLabel(group)}</h4>
            <dl>
              {SHORTCUTS.filter((one) => one.group === group).map(({ id }) => (
                <div key={id}>
                  <dt>{labelOf(id)}</dt>
                  <dd>
                    {keyCaps(id).map((cap) => (
                      <kbd key={cap}>{cap}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        </div>
      </div>
      <div>
        <Switch on={letterKeys.value} onChange={chooseLetterKeys}>
          {w.letterKeys}
        </Switch>
        <p class="small t3">{w.letterKeysHint}</p>
      </div>
    </Dialog>
  );
}
