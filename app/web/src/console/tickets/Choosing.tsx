import { useEffect, useState } from 'preact/hooks';
import type { Contact, Conversation } from '../../kit/frames';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { TextField } from '../../kit/ui/Field';
import { Icon } from '../../kit/ui/Icon';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import { shortTime } from '../times';
import { t as words } from '../words';
import type { Held } from './TicketDetail';
import { t } from './words';

const PAUSE_MS = 250;
const ROWS_MAX = 12;

interface Row {
  readonly id: string;
  readonly label: string;
  readonly beside: string;
}

interface ChooseProps {
  desk: Desk;
  title: string;
  label: string;
  /** What fits the words; with none, what is most likely meant. */
  find: (typed: string) => Promise<readonly Row[]>;
  onChoose: (id: string) => void;
  onClose: () => void;
}

/** Something that is found by typing; an older answer never replaces a newer one. */
function Choose({ desk, title, label, find, onChoose, onClose }: ChooseProps) {
  const w = t();
  const [typed, setTyped] = useState('');
  const [rows, setRows] = useState<readonly Row[] | null>(null);
  useEffect(() => {
    let over = false;
    const timer = setTimeout(() => {
      find(typed.trim()).then(
        (found) => !over && setRows(found.slice(0, ROWS_MAX)),
        (error: unknown) => !over && desk.say(reason(error)),
      );
    }, PAUSE_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [typed]);
  return (
    <Dialog
      title={title}
      wide
      onClose={onClose}
      actions={
        <Button kind="ghost" onPress={onClose}>
          {w.letGo}
        </Button>
      }
    >
      <TextField label={label} focus value={typed} onInput={setTyped} />
      {rows?.length === 0 && <p class="small t3">{w.nothingFits}</p>}
      <ul class="ticket-links">
        {(rows ?? []).map(({ id, label: name, beside }) => (
          <li key={id}>
            <Button kind="ghost" onPress={() => onChoose(id)}>
              {name}
            </Button>
            <span class="small t3 cut grow">{beside}</span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

interface Hit {
  readonly conversation: Conversation;
  readonly contact: Contact;
  readonly message: { readonly text: string; readonly at: number };
}

/** Links a conversation: of those of the ticket's customer, or one whose words are typed. */
export function LinkConversation({ held: { desk, detail, act }, onClose }: { held: Held; onClose: () => void }) {
  const w = t();
  const { ticket, contact, conversations } = detail;
  const linked = new Set(conversations.map(({ id }) => id));
  const find = async (typed: string): Promise<readonly Row[]> => {
    const now = desk.now.peek();
    if (typed !== '') {
      const { results } = await desk.api.get<{ results: readonly Hit[] }>(`api/v1/search?q=${encodeURIComponent(typed)}`);
      const rows = results.map(({ conversation: { id }, contact: who, message }) => ({
        id,
        label: message.text.slice(0, 80) || words().photo,
        beside: `${who.name || words().visitor(who.number)} · ${shortTime(message.at, now)}`,
      }));
      return rows.filter(({ id }, place) => !linked.has(id) && rows.findIndex((row) => row.id === id) === place);
    }
    if (contact === null) return [];
    const answer = await desk.api.get<{ conversations: readonly Conversation[] }>(`api/v1/contacts/${contact.id}`);
    return answer.conversations
      .filter(({ id }) => !linked.has(id))
      .map(({ id, last_text: text, last_at: at }) => ({ id, label: text || words().photo, beside: shortTime(at, now) }));
  };
  const link = async (id: string): Promise<void> => {
    onClose();
    await act(() => desk.api.post(`api/v1/tickets/${ticket.id}/conversations`, { conversation_id: id }));
  };
  return <Choose desk={desk} title={w.linkConversation} label={w.findConversation} find={find} onChoose={(id) => void link(id)} onClose={onClose} />;
}

/** Whose matter it is: nobody's, or a customer who is found by name, address or number. */
export function Customer({ held }: { held: Held }) {
  const w = t();
  const { desk, detail, may, act } = held;
  const { ticket, contact } = detail;
  const [choosing, setChoosing] = useState(false);
  const set = async (id: string | null): Promise<void> => {
    setChoosing(false);
    await act(() => desk.api.patch(`api/v1/tickets/${ticket.id}`, { contact_id: id }));
  };
  const find = async (typed: string): Promise<readonly Row[]> => {
    if (typed === '') return [];
    const { contacts } = await desk.api.get<{ contacts: readonly Contact[] }>(`api/v1/contacts?q=${encodeURIComponent(typed)}`);
    return contacts.map((one) => ({
      id: one.id,
      label: one.name || words().visitor(one.number),
      beside: [one.email, one.phone].filter(Boolean).join(' · '),
    }));
  };
  return (
    <div class="row wrap">
      <Icon name="user" size="s" />
      <span class="grow">{contact === null ? w.noCustomer : contact.name || words().visitor(contact.number)}</span>
      {may && desk.may('contacts.read') && (
        <Button kind="ghost" size="s" icon="pen" label={w.setCustomer} onPress={() => setChoosing(true)} />
      )}
      {may && contact !== null && (
        <Button kind="ghost" size="s" icon="x" label={w.unlink(w.customer)} onPress={() => void set(null)} />
      )}
      {choosing && (
        <Choose desk={desk} title={w.setCustomer} label={w.findCustomer} find={find} onChoose={(id) => void set(id)} onClose={() => setChoosing(false)} />
      )}
    </div>
  );
}
