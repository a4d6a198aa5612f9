import type { ComponentChildren } from 'preact';
import { clockTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import type { Send } from '../../kit/frames';
import type { Pending } from '../../kit/outbox';
import { Bubble, Memo, Say } from '../../kit/ui/Bubble';
import { Button } from '../../kit/ui/Button';
import { Icon } from '../../kit/ui/Icon';
import type { Desk } from '../state/desk';
import { t } from '../words';
import { Content, Moment } from './Group';

/** What this agent has sent and the server has not confirmed, or refused: words are never lost. */
export function Waiting({ desk, conv, pending }: { desk: Desk; conv: string; pending: readonly Pending[] }) {
  return (
    <>
      {pending.map((entry) =>
        entry.command.t === 'send' ? (
          <Unsent key={entry.command.cid} desk={desk} conv={conv} entry={entry} command={entry.command} />
        ) : (
          entry.refused && <Refusal key={entry.command.cid} desk={desk} entry={entry} />
        ),
      )}
    </>
  );
}

function Unsent({ desk, conv, entry, command }: { desk: Desk; conv: string; entry: Pending; command: Send }) {
  const { agent } = desk.me;
  const state = entry.refused ? 'failed' : 'pending';
  const content = <Content entry={{ text: command.text ?? '', files: [...entry.files] }} />;
  const label = [agent.name, clockTime(entry.at, language.value), stateName(entry)].join(', ');
  const foot = entry.refused ? null : <Sending tries={entry.tries} />;
  return (
    <>
      {command.note ? (
        <Memo
          label={label}
          who={<b class="mid">{agent.name}</b>}
          at={
            <>
              <Moment at={entry.at} />
              {foot}
            </>
          }
          state={state}
        >
          {content}
        </Memo>
      ) : (
        <Say side="us" id={agent.id} name={agent.name} foot={foot}>
          <div class="said" role="article" aria-label={label}>
            <Bubble state={state}>{content}</Bubble>
          </div>
        </Say>
      )}
      {entry.refused?.code === 'stale' ? (
        <Stale desk={desk} conv={conv} entry={entry} command={command} />
      ) : (
        entry.refused && <Refusal desk={desk} entry={entry} />
      )}
    </>
  );
}

/** What a screen reader is told of it. */
function stateName({ refused, tries }: Pending): string {
  const w = t();
  if (refused) return w.notSent;
  return tries > 1 ? w.sendingAgain : w.sending;
}

function Sending({ tries }: { tries: number }) {
  const w = t();
  return (
    <>
      <Icon name="clock" size="s" />
      {tries > 1 ? w.sendingAgain : w.sending}
    </>
  );
}

/** The thread went on while he wrote: what is new, and his choice. */
function Stale({ desk, conv, entry, command }: { desk: Desk; conv: string; entry: Pending; command: Send }) {
  const w = t();
  // Read for its own sake: a component with signals is drawn again only by them or by other props.
  void desk.threads.state(conv).value;
  const since = command.expected ?? 0;
  const fresh = (desk.delivery.thread(conv)?.view() ?? []).filter(
    ({ seq, kind, sender }) => seq > since && kind === 'message' && sender.id !== desk.me.agent.id,
  );
  return (
    <div class="stale" role="alert">
      <div>
        <div class="mid">{w.staleTitle}</div>
        <div class="small t2">{w.staleWhat}</div>
      </div>
      {fresh.map(({ id, sender, text }) => (
        <q key={id} class="small">
          {w.receivedFrom(sender.kind === 'visitor' ? desk.customer(conv) : sender.name, text || w.photo)}
        </q>
      ))}
      <Ways desk={desk} entry={entry}>
        <Button size="s" kind="prime" onPress={() => desk.delivery.outbox.retry(command.cid, { expected: null })}>
          {w.sendAnyway}
        </Button>
      </Ways>
    </div>
  );
}

function Refusal({ desk, entry }: { desk: Desk; entry: Pending }) {
  const w = t();
  return (
    <div class="stale" role="alert">
      <div>
        <div class="mid">{w.notSent}</div>
        <div class="small t2">{entry.refused?.text}</div>
      </div>
      <Ways desk={desk} entry={entry}>
        {!entry.refused?.final && (
          <Button size="s" onPress={() => desk.delivery.outbox.retry(entry.command.cid)}>
            {w.tryAgain}
          </Button>
        )}
      </Ways>
    </div>
  );
}

/** The way on, back into the composer, or out. */
function Ways({ desk, entry, children }: { desk: Desk; entry: Pending; children: ComponentChildren }) {
  const w = t();
  const { command } = entry;
  const putBack = (): void => {
    if (command.t !== 'send' || command.conv == null) return;
    const draft = desk.drafts.of(command.conv).value;
    desk.drafts.write(command.conv, [command.text ?? '', draft.text].filter(Boolean).join('\n'));
    desk.delivery.outbox.discard(command.cid);
  };
  return (
    <div class="row wrap">
      {children}
      {command.t === 'send' && command.text && entry.files.length === 0 && (
        <Button size="s" kind="ghost" onPress={putBack}>
          {w.editWords}
        </Button>
      )}
      <Button size="s" kind="ghost" onPress={() => desk.delivery.outbox.discard(command.cid)}>
        {w.discard}
      </Button>
    </div>
  );
}
