import { useState } from 'preact/hooks';
import type { Contact } from '../../kit/frames';
import { Button } from '../../kit/ui/Button';
import { TextField } from '../../kit/ui/Field';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import { t } from '../words';

interface Fact {
  readonly key: number;
  readonly name: string;
  readonly value: string;
}

/** Changes the facts about a contact; nothing is in effect before it is saved. */
export function ContactForm({ desk, contact, onClose }: { desk: Desk; contact: Contact; onClose: () => void }) {
  const w = t();
  const [fields, setFields] = useState({ name: contact.name, email: contact.email, phone: contact.phone });
  const [facts, setFacts] = useState<readonly Fact[]>(
    Object.entries(contact.attributes).map(([name, value], key) => ({ key, name, value })),
  );
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<string | undefined>();
  const save = async (): Promise<void> => {
    setBusy(true);
    const attributes = Object.fromEntries(
      facts.filter(({ name }) => name.trim()).map(({ name, value }) => [name.trim(), value.trim()]),
    );
    try {
      const answer = await desk.api.patch<{ contact: Contact }>(`api/v1/contacts/${contact.id}`, {
        ...fields,
        attributes,
      });
      desk.lists.receive({ t: 'contact', pos: 0, contact: answer.contact });
      onClose();
    } catch (error) {
      setWhy(reason(error));
      setBusy(false);
    }
  };
  const change = (key: number, part: Partial<Fact>): void =>
    setFacts(facts.map((fact) => (fact.key === key ? { ...fact, ...part } : fact)));
  return (
    <form
      class="contact-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <TextField
        label={w.name}
        value={fields.name}
        onInput={(name) => setFields({ ...fields, name })}
        maxLength={200}
        focus
      />
      <TextField
        label={w.email}
        type="email"
        value={fields.email}
        onInput={(email) => setFields({ ...fields, email })}
        maxLength={200}
      />
      <TextField
        label={w.phone}
        type="tel"
        value={fields.phone}
        onInput={(phone) => setFields({ ...fields, phone })}
        maxLength={50}
      />
      {facts.map(({ key, name, value }) => (
        <div class="fact" key={key}>
          <input
            class="input"
            aria-label={w.attribute}
            placeholder={w.attribute}
            maxLength={50}
            value={name}
            onInput={(event) => change(key, { name: event.currentTarget.value })}
          />
          <input
            class="input"
            aria-label={w.value}
            placeholder={w.value}
            maxLength={500}
            value={value}
            onInput={(event) => change(key, { value: event.currentTarget.value })}
          />
          <Button
            kind="ghost"
            size="s"
            icon="x"
            label={w.removeAttribute(name)}
            onPress={() => setFacts(facts.filter((fact) => fact.key !== key))}
          />
        </div>
      ))}
      <div>
        <Button
          kind="ghost"
          size="s"
          icon="plus"
          onPress={() =>
            setFacts([...facts, { key: Math.max(0, ...facts.map(({ key }) => key)) + 1, name: '', value: '' }])
          }
        >
          {w.addAttribute}
        </Button>
      </div>
      {why && (
        <p class="hint bad" role="alert">
          {why}
        </p>
      )}
      <div class="row">
        <Button type="submit" kind="prime" busy={busy}>
          {w.save}
        </Button>
        <Button kind="ghost" onPress={onClose}>
          {w.cancel}
        </Button>
      </div>
    </form>
  );
}
