import { useComputed } from '@preact/signals';
import { language } from '../../kit/i18n';
import { Button } from '../../kit/ui/Button';
import { type Choice, SelectField } from '../../kit/ui/Field';
import { Icon } from '../../kit/ui/Icon';
import { Checkbox } from '../../kit/ui/Toggle';
import type { Desk } from '../state/desk';
import { type Filters, NARROWING, SORTS, type Sort, narrowing, tongue, withoutNarrowing } from '../state/filters';
import { PRIORITIES, REASONS } from '../tools/Labels';
import { t as toolWords } from '../tools/words';
import { t } from './words';

type Narrowing = (typeof NARROWING)[number];

/** What narrows and sorts the list; every change takes effect at once and stands in the address. */
export function FilterPanel({ desk, id }: { desk: Desk; id: string }) {
  const w = t();
  const filters = desk.lists.filters.value;
  const choices = useChoices(desk);
  const change = (part: Partial<Filters>): void => {
    desk.lists.filters.value = { ...desk.lists.filters.peek(), ...part };
  };
  return (
    <div class="list-filters" id={id} role="group" aria-label={w.filter}>
      <SelectField
        label={w.sort}
        value={filters.sort}
        choices={SORTS.map((sort) => ({ value: sort, label: w.sorts[sort] }))}
        onChange={(sort) => change({ sort: sort as Sort })}
      />
      {NARROWING.map((name) =>
        choices[name].length > (name === 'tag' ? 0 : 1) || filters[name] !== null ? (
          <SelectField
            key={name}
            label={w[name]}
            value={filters[name] ?? ''}
            choices={[{ value: '', label: w.any }, ...choices[name]]}
            onChange={(value) => change({ [name]: value || null })}
          />
        ) : null,
      )}
      <Checkbox on={filters.unread} onChange={(unread) => change({ unread })}>
        {w.unreadOnly}
      </Checkbox>
    </div>
  );
}

/** What narrows the list now, each with its way out: seen also while the panel is shut. */
export function FilterChips({ desk }: { desk: Desk }) {
  const w = t();
  const filters = desk.lists.filters.value;
  const choices = useChoices(desk);
  if (narrowing(filters) === 0) return null;
  const drop = (part: Partial<Filters>) => () => {
    desk.lists.filters.value = { ...desk.lists.filters.peek(), ...part };
  };
  const nameOf = (name: Narrowing): string =>
    choices[name].find(({ value }) => value === filters[name])?.label ?? filters[name] ?? '';
  return (
    <div class="list-chips" role="group" aria-label={w.filters}>
      {NARROWING.filter((name) => filters[name] !== null).map((name) => (
        <Chip key={name} label={nameOf(name)} onDrop={drop({ [name]: null })} />
      ))}
      {filters.unread && <Chip label={w.unreadOnly} onDrop={drop({ unread: false })} />}
      <Button kind="ghost" size="s" onPress={() => (desk.lists.filters.value = withoutNarrowing(filters))}>
        {w.clear}
      </Button>
    </div>
  );
}

function Chip({ label, onDrop }: { label: string; onDrop: () => void }) {
  return (
    <button type="button" class="list-chip" aria-label={t().without(label)} onClick={onDrop}>
      <span class="cut">{label}</span>
      <Icon name="x" size="s" />
    </button>
  );
}

/** What each filter offers: the names that the desk knows, and the languages of the customers in sight. */
function useChoices(desk: Desk): Record<Narrowing, readonly Choice[]> {
  const tongues = useComputed(() => {
    const found = new Set<string>();
    for (const { contact } of desk.lists.heads.value.values()) if (contact?.language) found.add(tongue(contact.language));
    return [...found].sort().join(' ');
  });
  const { inboxes, teams, colleagues } = desk.people;
  const tools = toolWords();
  const named = (things: Iterable<{ id: string; name: string }>): Choice[] =>
    [...things].map(({ id, name }) => ({ value: id, label: name }));
  return {
    inbox: named(inboxes.value.values()),
    team: named(teams.value.values()),
    assignee: named([...colleagues.value.values()].filter(({ disabled }) => !disabled)),
    language: tongues.value
      .split(' ')
      .filter(Boolean)
      .map((tag) => ({ value: tag, label: spoken(tag) })),
    tag: named(desk.tags.all.value.values()),
    priority: PRIORITIES.map((priority) => ({ value: String(priority), label: tools.priorities[priority] ?? '' })),
    reason: REASONS.map((reason) => ({ value: reason, label: tools.reasons[reason] ?? reason })),
  };
}

function spoken(tag: string): string {
  try {
    return new Intl.DisplayNames([language.value], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
