import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Contact } from '../../kit/frames';
import { language } from '../../kit/i18n';
import { Button } from '../../kit/ui/Button';
import { Icon } from '../../kit/ui/Icon';
import { FieldFacts } from '../fields/FieldFacts';
import { type OwnField, useOwnFields } from '../fields/model';
import { t as fieldWords } from '../fields/words';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import { t as shared } from '../words';
import { t } from './words';

type Own = 'name' | 'email' | 'phone';
type Change = Partial<Record<Own, string>> & { readonly attributes?: Record<string, string> };

const OWN: readonly Own[] = ['name', 'email', 'phone'];
/** `contacts.ContactChange` of the server, which has the last word. */
const FACT_MAX = 200;
const NAME_MAX = 60;
const VALUE_MAX = 1_000;
const NEW = '+';

/** What is known of a contact. Who may changes each fact where it stands; it takes effect with Enter. */
export function FactList({ desk, contact }: { desk: Desk; contact: Contact }) {
  const w = shared();
  const [editing, setEditing] = useState<string | null>(null);
  const may = desk.may('contacts.write');
  const own = useOwnFields(desk, 'contact');
  const defined = new Set(own.map(({ key }) => key));
  const done = (): void => setEditing(null);
  const told: readonly (readonly [string, string])[] = [
    [w.number, String(contact.number)],
    [w.language, spoken(contact.language)],
    [w.browser, contact.browser],
    [w.address, contact.address],
  ];
  const fact = (key: string, name: string, value: string, change: (value: string) => Change, max: number) => (
    <Fact key={key} name={name} value={value} may={may} editing={editing === key} onEdit={() => setEditing(key)}>
      <Edit
        label={name}
        value={value}
        max={max}
        save={(next) => save(desk, contact, change(next))}
        remove={key.startsWith('=') ? () => save(desk, contact, { attributes: without(desk, contact, key.slice(1)) }) : null}
        onDone={done}
      />
    </Fact>
  );
  return (
    <>
      <dl class="facts">
        {OWN.map((own) => fact(own, w[own], contact[own], (value) => ({ [own]: value }), FACT_MAX))}
        {told.map(([name, value]) => value && <Line key={name} name={name}><dd>{value}</dd></Line>)}
        {Object.entries(contact.attributes).filter(([name]) => !defined.has(name)).map(([name, value]) =>
          fact(
            `=${name}`,
            name,
            value,
            (next) => ({ attributes: { ...attributes(desk, contact), [name]: next } }),
            VALUE_MAX,
          ),
        )}
      </dl>
      <FieldFacts
        fields={own}
        values={contact.attributes}
        may={may}
        save={(key, value) => save(desk, contact, { attributes: { ...attributes(desk, contact), [key]: value } })}
      />
      {may && editing === NEW && <NewFact desk={desk} contact={contact} onDone={done} />}
      {may && editing !== NEW && (
        <Button kind="ghost" size="s" icon="plus" onPress={() => setEditing(NEW)}>
          {w.addAttribute}
        </Button>
      )}
    </>
  );
}

interface FactProps {
  name: string;
  value: string;
  may: boolean;
  editing: boolean;
  onEdit: () => void;
  children: ComponentChildren;
}

export function Fact({ name, value, may, editing, onEdit, children }: FactProps) {
  const opener = useRef<HTMLButtonElement>(null);
  const was = useRef(editing);
  useLayoutEffect(() => {
    if (was.current && !editing) opener.current?.focus();
    was.current = editing;
  }, [editing]);
  if (editing) return <Line name={name}>{<dd>{children}</dd>}</Line>;
  if (!may) return value ? <Line name={name}><dd>{value}</dd></Line> : null;
  return (
    <Line name={name}>
      <dd>
        <button type="button" ref={opener} class="fact-value" aria-label={t().editFact(name, value)} onClick={onEdit}>
          {value ? <span>{value}</span> : <span class="t3">{t().add}</span>}
          <Icon name="pen" size="s" />
        </button>
      </dd>
    </Line>
  );
}

function Line({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt class="cut" title={name}>
        {name}
      </dt>
      {children}
    </div>
  );
}

interface EditProps {
  label: string;
  value: string;
  max: number;
  /** What it must be, where the desk defines it. */
  field?: OwnField;
  save: (value: string) => Promise<void>;
  /** Takes it away; null where it is not to be taken away. */
  remove: (() => Promise<void>) | null;
  onDone: () => void;
}

export function Edit({ label, value, max, field: own, save: keep, remove, onDone }: EditProps) {
  const w = t();
  const [typed, setTyped] = useState(value);
  const { busy, why, attempt } = useAttempt(onDone);
  const field = useRef<HTMLInputElement>(null);
  const chooser = useRef<HTMLSelectElement>(null);
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.select();
    chooser.current?.focus();
  }, []);
  return (
    <form
      class="fact-edit"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim() === value) onDone();
        else attempt(() => keep(typed.trim()));
      }}
      onKeyDown={(event) => escape(event, onDone)}
    >
      {own?.kind === 'choice' || own?.kind === 'checkbox' ? (
        <span class="select">
          <select
            ref={chooser}
            class="input"
            aria-label={label}
            aria-invalid={why ? true : undefined}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          >
            {choicesOf(own, value).map((choice) => (
              <option key={choice.value} value={choice.value} selected={choice.value === typed}>
                {choice.label}
              </option>
            ))}
          </select>
          <Icon name="down" size="s" />
        </span>
      ) : (
        <input
          ref={field}
          class="input"
          type={own?.kind === 'date' ? 'date' : 'text'}
          inputMode={own?.kind === 'number' ? 'decimal' : undefined}
          aria-label={label}
          aria-invalid={why ? true : undefined}
          maxLength={max}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      )}
      <span class="row row-s">
        <Button type="submit" size="s" busy={busy}>
          {w.saveFact}
        </Button>
        <Button size="s" kind="ghost" onPress={onDone}>
          {shared().cancel}
        </Button>
        {remove && (
          <Button size="s" kind="harm" onPress={() => attempt(remove)}>
            {w.removeFact}
          </Button>
        )}
      </span>
      {why && <Refused>{why}</Refused>}
    </form>
  );
}

/** Nothing first; what is held stays to be chosen where it is no choice any more. */
function choicesOf(field: OwnField, held: string): readonly { value: string; label: string }[] {
  const w = fieldWords();
  if (field.kind === 'checkbox') return [{ value: '', label: w.no }, { value: 'true', label: w.yes }];
  const choices = held === '' || field.choices.includes(held) ? field.choices : [...field.choices, held];
  return [{ value: '', label: w.nothing }, ...choices.map((choice) => ({ value: choice, label: choice }))];
}

function NewFact({ desk, contact, onDone }: { desk: Desk; contact: Contact; onDone: () => void }) {
  const w = shared();
  const [name, setName] = useState('');
  const [value, setValue] = useState('');
  const { busy, why, attempt } = useAttempt(onDone);
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  const add = async (): Promise<void> => {
    const held = attributes(desk, contact);
    if (Object.hasOwn(held, name.trim())) throw new Error(t().duplicate);
    await save(desk, contact, { attributes: { ...held, [name.trim()]: value.trim() } });
  };
  return (
    <form
      class="fact-edit"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() && value.trim()) attempt(add);
      }}
      onKeyDown={(event) => escape(event, onDone)}
    >
      <span class="fact-new">
        <input
          ref={field}
          class="input"
          aria-label={w.attribute}
          placeholder={w.attribute}
          maxLength={NAME_MAX}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <input
          class="input"
          aria-label={w.value}
          placeholder={w.value}
          maxLength={VALUE_MAX}
          value={value}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
      </span>
      <span class="row row-s">
        <Button type="submit" size="s" busy={busy} disabled={!name.trim() || !value.trim()}>
          {t().saveFact}
        </Button>
        <Button size="s" kind="ghost" onPress={onDone}>
          {w.cancel}
        </Button>
      </span>
      {why && <Refused>{why}</Refused>}
    </form>
  );
}

function Refused({ children }: { children: ComponentChildren }) {
  return (
    <p class="hint bad" role="alert">
      <Icon name="stop" size="s" />
      {children}
    </p>
  );
}

/** Does it once; what was typed stays where it was refused. */
function useAttempt(onDone: () => void) {
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<string | null>(null);
  const attempt = (deed: () => Promise<void>): void => {
    setBusy(true);
    setWhy(null);
    deed().then(onDone, (error: unknown) => {
      setBusy(false);
      setWhy(error instanceof Error && error.message === t().duplicate ? error.message : reason(error));
    });
  };
  return { busy, why, attempt };
}

async function save(desk: Desk, contact: Contact, change: Change): Promise<void> {
  const answer = await desk.api.patch<{ contact: Contact }>(`api/v1/contacts/${contact.id}`, change);
  desk.lists.receive({ t: 'contact', pos: 0, contact: answer.contact });
}

/** The newest that is known: a colleague may have added one meanwhile, and all of them are written together. */
function attributes(desk: Desk, contact: Contact): Record<string, string> {
  for (const row of desk.lists.heads.peek().values())
    if (row.contact?.id === contact.id) return { ...row.contact.attributes };
  return { ...contact.attributes };
}

function without(desk: Desk, contact: Contact, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes(desk, contact)).filter(([other]) => other !== name));
}

function escape(event: KeyboardEvent, onDone: () => void): void {
  if (event.key !== 'Escape' || event.isComposing) return;
  event.preventDefault();
  event.stopPropagation();
  onDone();
}

function spoken(tag: string): string {
  try {
    return tag ? (new Intl.DisplayNames([language.value], { type: 'language' }).of(tag) ?? tag) : '';
  } catch {
    return tag;
  }
}
