import { useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { TextField } from '../../kit/ui/Field';
import { Icon } from '../../kit/ui/Icon';
import { SaveForm } from '../settings/SaveForm';
import { follow } from '../state/router';
import { shortTime } from '../times';
import { t as words } from '../words';
import { LinkConversation } from './Choosing';
import type { Held } from './TicketDetail';
import { t } from './words';

/** What belongs to the matter: conversations, and what other systems call it. */
export function Links({ held }: { held: Held }) {
  return (
    <>
      <Conversations held={held} />
      <Elsewhere held={held} />
    </>
  );
}

function Conversations({ held }: { held: Held }) {
  const w = t();
  const { desk, detail, may, act } = held;
  const [adding, setAdding] = useState(false);
  const { ticket, conversations, hidden } = detail;
  const remove = (id: string): void =>
    void act(() => desk.api.post(`api/v1/tickets/${ticket.id}/conversations/remove`, { conversation_id: id }));
  return (
    <Card
      title={w.conversations}
      action={
        may && (
          <Button kind="ghost" size="s" icon="plus" onPress={() => setAdding(true)}>
            {w.linkOne}
          </Button>
        )
      }
    >
      {adding && <LinkConversation held={held} onClose={() => setAdding(false)} />}
      <div class="card-body">
        {conversations.length === 0 && hidden === 0 && <p class="small t3">{w.noConversations}</p>}
        <ul class="ticket-links">
          {conversations.map(({ id, last_text: text, last_at: at }) => (
            <li key={id}>
              <Icon name="chat" size="s" />
              <a class="grow cut ticket-link" href={desk.hrefOf(`c/${id}`)} onClick={follow(desk.router, `c/${id}`)}>
                {text || words().photo}
              </a>
              <span class="small t3 num">{shortTime(at, desk.now.peek())}</span>
              {may && (
                <Button kind="ghost" size="s" icon="x" label={w.unlink(text || words().photo)} onPress={() => remove(id)} />
              )}
            </li>
          ))}
        </ul>
        {hidden > 0 && <p class="small t3">{w.hidden(hidden)}</p>}
      </div>
    </Card>
  );
}

function Elsewhere({ held }: { held: Held }) {
  const w = t();
  const { desk, detail, may, act } = held;
  const { ticket, references } = detail;
  const [adding, setAdding] = useState(false);
  const path = `api/v1/tickets/${ticket.id}/references`;
  return (
    <Card
      title={w.elsewhere}
      action={
        may &&
        !adding && (
          <Button kind="ghost" size="s" icon="plus" onPress={() => setAdding(true)}>
            {w.addReference}
          </Button>
        )
      }
    >
      {adding && <ReferenceForm held={held} onDone={() => setAdding(false)} />}
      <div class="card-body">
        {references.length === 0 && <p class="small t3">{w.noElsewhere}</p>}
        <ul class="ticket-links">
          {references.map(({ system, reference, url }) => (
            <li key={`${system} ${reference}`}>
              <Icon name="link" size="s" />
              <span class="grow cut">
                {system} {url ? <a class="ticket-link" href={url} target="_blank" rel="noreferrer">{reference}</a> : reference}
              </span>
              {may && (
                <Button
                  kind="ghost"
                  size="s"
                  icon="x"
                  label={w.unlink(`${system} ${reference}`)}
                  onPress={() => void act(() => desk.api.post(`${path}/remove`, { system, reference }))}
                />
              )}
            </li>
          ))}
        </ul>
      </div>
    </Card>
  );
}

function ReferenceForm({ held: { desk, detail, act }, onDone }: { held: Held; onDone: () => void }) {
  const w = t();
  const [system, setSystem] = useState('');
  const [reference, setReference] = useState('');
  const [url, setUrl] = useState('');
  const save = async (): Promise<void> => {
    await desk.api.post(`api/v1/tickets/${detail.ticket.id}/references`, { system, reference, url });
    await act(() => Promise.resolve());
    onDone();
  };
  return (
    <SaveForm
      quiet
      dirty={system.trim() !== '' && reference.trim() !== ''}
      action={w.addReference}
      onSave={save}
      onCancel={onDone}
    >
      <TextField label={w.system} field="system" focus maxLength={100} value={system} onInput={setSystem} />
      <TextField label={w.reference} field="reference" maxLength={200} value={reference} onInput={setReference} />
      <TextField label={w.link} field="url" maxLength={2_000} placeholder="https://" value={url} onInput={setUrl} />
    </SaveForm>
  );
}
