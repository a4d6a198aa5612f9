import { words as both } from '../../kit/i18n';
import { Button } from '../../kit/ui/Button';
import { SelectField } from '../../kit/ui/Field';
import { type Desk } from '../state/desk';
import type { Action } from '../state/macros';

type TagsAction = Extract<Action, { do: 'tags' }>;

/** As the server takes them. */
const TAGS_MAX = 20;

const t = both({
  en: { putOn: 'Put on', takeOff: 'Take off', choose: 'Choose a tag', not: (name: string) => `${name}: take it out of the list` },
  zh: { putOn: '加上', takeOff: '去掉', choose: '选择标签', not: (name) => `从列表中去掉${name}` },
});

/** The tags that a macro puts on and takes off: each in one list at most. */
export function TagsStep({ desk, action, onChange }: { desk: Desk; action: TagsAction; onChange: (action: TagsAction) => void }) {
  const w = t();
  const { add, remove } = action;
  return (
    <>
      <TagList desk={desk} label={w.putOn} chosen={add} taken={remove} onChange={(chosen) => onChange({ ...action, add: chosen })} />
      <TagList desk={desk} label={w.takeOff} chosen={remove} taken={add} onChange={(chosen) => onChange({ ...action, remove: chosen })} />
    </>
  );
}

function TagList({
  desk,
  label,
  chosen,
  taken,
  onChange,
}: {
  desk: Desk;
  label: string;
  chosen: readonly string[];
  taken: readonly string[];
  onChange: (chosen: readonly string[]) => void;
}) {
  const w = t();
  const name = (id: string): string => desk.tags.all.value.get(id)?.name ?? id;
  const free = [...desk.tags.all.value.values()].filter(({ id, archived }) => !archived && !chosen.includes(id) && !taken.includes(id));
  return (
    <div class="macro-tags" role="group" aria-label={label}>
      {chosen.length < TAGS_MAX && free.length > 0 && (
        <SelectField
          key={chosen.length}
          label={label}
          value=""
          choices={[{ value: '', label: w.choose }, ...free.map((tag) => ({ value: tag.id, label: tag.name }))]}
          onChange={(id) => id !== '' && onChange([...chosen, id])}
        />
      )}
      {chosen.length > 0 && (
        <ul class="row wrap">
          {chosen.map((id) => (
            <li key={id} class="row">
              <span>{name(id)}</span>
              <Button kind="ghost" size="s" icon="x" label={w.not(name(id))} onPress={() => onChange(chosen.filter((one) => one !== id))} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
