import type { Conversation } from '../../kit/frames';
import { SelectField } from '../../kit/ui/Field';
import { FieldFacts } from '../fields/FieldFacts';
import { useOwnFields } from '../fields/model';
import type { Desk } from '../state/desk';
import './Labels.css';
import { TagChip } from './TagChip';
import { t } from './words';

export const PRIORITIES = [1, 2, 3, 4] as const;
export const REASONS = ['solved', 'visitor_left', 'inactive', 'spam'] as const;

/** What is said of the conversation beside its status; each change takes effect at once. */
export function Labels({ desk, conv }: { desk: Desk; conv: string }) {
  const w = t();
  const conversation = desk.lists.heads.value.get(conv)?.conversation;
  const own = useOwnFields(desk, 'conversation');
  if (!conversation) return null;
  const may = desk.may('conversations.write') && conversation.status !== 'closed';
  const held = desk.tags.named(conversation.tags ?? []);
  const others = [...desk.tags.all.value.values()].filter(
    ({ id, archived }) => !archived && !(conversation.tags ?? []).includes(id),
  );
  const change = (labels: object): void => void desk.label(conv, labels);
  return (
    <section class="sec labels" aria-label={w.about}>
      <h3>{w.about}</h3>
      <SelectField
        label={w.priority}
        value={String(conversation.priority)}
        disabled={!may}
        choices={PRIORITIES.map((priority) => ({ value: String(priority), label: w.priorities[priority] ?? '' }))}
        onChange={(priority) => change({ priority: Number(priority) })}
      />
      <div class="field" role="group" aria-label={w.tags}>
        <span class="small t3">{w.tags}</span>
        <div class="labels-tags">
          {held.length === 0 && <span class="small t3">{w.noTags}</span>}
          {held.map((tag) => (
            <TagChip key={tag.id} tag={tag} label={w.without(tag.name)} onRemove={may ? () => change({ remove_tags: [tag.id] }) : undefined} />
          ))}
        </div>
      </div>
      {may && others.length > 0 && (
        <SelectField
          key={others.length}
          label={w.addTag}
          value=""
          choices={[{ value: '', label: w.choose }, ...others.map(({ id, name }) => ({ value: id, label: name }))]}
          onChange={(id) => id !== '' && change({ add_tags: [id] })}
        />
      )}
      <FieldFacts
        fields={own}
        values={conversation.attributes ?? {}}
        may={may}
        save={async (key, value) => {
          const answer = await desk.api.patch<{ conversation: Conversation }>(`api/v1/conversations/${conv}`, { attributes: { [key]: value } });
          desk.lists.receive({ t: 'head', pos: 0, event: 'label', conversation: answer.conversation });
        }}
      />
      {conversation.close_reason !== null && (
        <p class="small t2">
          {w.closed}: {w.reasons[conversation.close_reason] ?? w.otherReasons[conversation.close_reason] ?? conversation.close_reason}
        </p>
      )}
    </section>
  );
}
