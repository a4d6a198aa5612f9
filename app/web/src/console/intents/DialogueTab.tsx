import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Switch } from '../../kit/ui/Toggle';
import type { PartProps } from './IntentPage';
import { Ordered } from './Ordered';
import { put } from './draft';
import { REPLY_CHARACTERS_MAX, SLOT_KINDS, type Slot, type SlotKind } from './model';
import { t } from './words';

const TRIES = [1, 2, 3, 4, 5];

/** What has to be known before the answer, in the order in which it is asked for. */
export function DialogueTab({ intent, may, onChange }: PartProps) {
  const w = t();
  const add = (): void => onChange({ slots: [...intent.slots, { name: fresh(intent.slots), kind: 'text', ask: {}, again: {}, choices: [], required: true, tries: 2 }] });
  const button = may && (
    <Button icon="plus" onPress={add}>
      {w.addSlot}
    </Button>
  );
  return (
    <Card title={w.tabs.dialogue} action={intent.slots.length > 0 && button}>
      {intent.slots.length === 0 ? (
        <Empty icon="chat" title={w.noSlots} action={button || undefined}>
          {w.noSlotsNext}
        </Empty>
      ) : (
        <Ordered label={w.tabs.dialogue} list={intent.slots} may={may} nameOf={({ name, kind }) => `${name} · ${w.slotKinds[kind]}`} onChange={(slots) => onChange({ slots })}>
          {(slot, index) => <SlotForm slot={slot} may={may} onChange={(changed) => onChange({ slots: put(intent.slots, index, changed) })} />}
        </Ordered>
      )}
    </Card>
  );
}

function fresh(slots: readonly Slot[]): string {
  let number = slots.length + 1;
  while (slots.some(({ name }) => name === `slot_${number}`)) number += 1;
  return `slot_${number}`;
}

function SlotForm({ slot, may, onChange }: { slot: Slot; may: boolean; onChange: (slot: Slot) => void }) {
  const w = t();
  const words = (label: string, key: 'ask' | 'again', language: 'zh' | 'en') => (
    <TextField
      label={`${label} · ${w.languages[language]}`}
      lines={2}
      maxLength={REPLY_CHARACTERS_MAX}
      disabled={!may}
      value={slot[key][language] ?? ''}
      onInput={(text) => onChange({ ...slot, [key]: { ...slot[key], [language]: text } })}
    />
  );
  return (
    <div class="form-grid">
      <TextField label={w.slotName} hint={w.slotNameHint(slot.name)} maxLength={60} disabled={!may} value={slot.name} onInput={(name) => onChange({ ...slot, name })} />
      <SelectField
        label={w.slotKind}
        value={slot.kind}
        disabled={!may}
        choices={SLOT_KINDS.map((kind) => ({ value: kind, label: w.slotKinds[kind] }))}
        onChange={(kind) => onChange({ ...slot, kind: kind as SlotKind })}
      />
      {slot.kind === 'choice' && (
        <div class="wide">
          <TextField label={w.choices} hint={w.choicesHint} lines={3} disabled={!may} value={slot.choices.join('\n')} onInput={(text) => onChange({ ...slot, choices: text === '' ? [] : text.split('\n') })} />
        </div>
      )}
      {words(w.ask, 'ask', 'zh')}
      {words(w.ask, 'ask', 'en')}
      {words(w.again, 'again', 'zh')}
      {words(w.again, 'again', 'en')}
      <SelectField label={w.tries} hint={w.triesHint} value={String(slot.tries)} disabled={!may} choices={TRIES.map((one) => ({ value: String(one), label: String(one) }))} onChange={(text) => onChange({ ...slot, tries: Number(text) })} />
      <Switch on={slot.required} disabled={!may} onChange={(required) => onChange({ ...slot, required })}>
        {w.required}
      </Switch>
    </div>
  );
}
