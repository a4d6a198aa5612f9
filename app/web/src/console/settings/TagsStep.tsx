import { words as both } from '../../kit/i18n';
import { SelectField } from '../../kit/ui/Field';
import { type Desk } from '../state/desk';
import type { Action } from '../state/macros';
import { TagChip } from '../tools/TagChip';
import { t as toolWords } from '../tools/words';

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
  const free = [...desk.tags.all.value.values()].filter(({ id, archived }) => !archived && !chosen.includes(id) && !taken.includes(id));
  return (
    <div class="macro-tags">
      {chosen.length < TAGS_MAX && free.length > 0 ? (
        <SelectField
          key={chosen.length}
          label={label}
          value=""
          choices={[{ value: '', label: w.choose }, ...free.map((tag) => ({ value: tag.id, label: tag.name }))]}
          onChange={(id) => id !== '' && onChange([...chosen, id])}
        />
      ) : (
        <span class="label">{label}</span>
      )}
      {chosen.length + free.length === 0 && <span class="small t3">{toolWords().noTags}</span>}
      {chosen.length > 0 && (
        <ul aria-label={label}>
          {chosen.map((id) => {
            const tag = desk.tags.all.value.get(id) ?? { name: id, color: 'grey' };
            return (
              <li key={id}>
                <TagChip tag={tag} label={w.not(tag.name)} onRemove={() => onChange(chosen.filter((one) => one !== id))} />
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}
