import { useEffect, useRef, useState } from 'preact/hooks';
import { Badge } from '../../kit/ui/Badge';
import { Dot } from '../../kit/ui/Dot';
import { Button } from '../../kit/ui/Button';
import { Empty, Failure } from '../../kit/ui/Empty';
import { MenuButton, type MenuItem } from '../../kit/ui/Menu';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Composer } from '../composer/Composer';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import { keyText, useShortcut } from '../state/shortcuts';
import { MergedBlocks } from '../tools/Related';
import { useTools } from '../tools/useTools';
import { reason } from '../state/session';
import { t } from '../words';
import { t as mail } from './mailWords';
import { HandOver } from './HandOver';
import { Thread } from './Thread';
import './ThreadPane.css';
import { Composing, Viewers } from './Viewers';
import { t as t2 } from './words';

interface ThreadPaneProps {
  conv: string;
  /** A message to jump to, by number. */
  jump: number | null;
  onSide: () => void;
}

/** The middle pane: who it is and what can be done, the thread, the composer. */
export function ThreadPane({ conv, jump, onSide }: ThreadPaneProps) {
  const desk = useDesk();
  const state = desk.threads.state(conv);
  const pane = useRef<HTMLElement>(null);
  const [finding, setFinding] = useState(false);
  const ready = state.value.phase === 'ready';
  useEffect(() => {
    void desk.threads.open(conv);
    if (desk.may('conversations.write')) void desk.drafts.fetch(conv);
  }, [conv]);
  const begin = (): void => {
    setFinding(true);
    pane.current?.querySelector<HTMLInputElement>('.find-field')?.focus();
  };
  const end = (): void => {
    setFinding(false);
    pane.current?.querySelector<HTMLElement>('.thread')?.focus();
  };
  useShortcut('find', ready ? () => isIn(pane.current) && (begin(), true) : null);
  return (
    <section class="thread-pane" id="pane" ref={pane} tabIndex={-1} aria-label={desk.customer(conv)}>
      <Header conv={conv} finding={finding} onFind={ready ? () => (finding ? end() : begin()) : null} onSide={onSide} />
      <Middle
        desk={desk}
        conv={conv}
        phase={state.value.phase}
        why={state.value.why}
        jump={jump}
        finding={finding}
        onFound={end}
      />
    </section>
  );
}

/** Ctrl+F is ours where the agent is in this pane, or nowhere in particular; in a list it stays the browser's. */
function isIn(pane: HTMLElement | null): boolean {
  const focused = document.activeElement;
  return focused === null || focused === document.body || pane?.contains(focused) === true;
}

interface MiddleProps {
  desk: Desk;
  conv: string;
  phase: string;
  why: string;
  jump: number | null;
  finding: boolean;
  onFound: () => void;
}

function Middle({ desk, conv, phase, why, jump, finding, onFound }: MiddleProps) {
  const w = t();
  if (phase === 'gone')
    return (
      <Empty icon="lock" title={w.gone}>
        {w.goneNext}
      </Empty>
    );
  if (phase === 'failed') {
    return (
      <Failure
        title={w.threadFailed}
        reason={why}
        retry={
          <Button size="s" icon="refresh" onPress={() => void desk.threads.load(conv)}>
            {w.retry}
          </Button>
        }
      />
    );
  }
  return (
    <>
      {phase === 'ready' && <MergedBlocks desk={desk} conv={conv} />}
      {phase === 'ready' ? (
        <Thread conv={conv} jump={jump} finding={finding} onFound={onFound} />
      ) : (
        <div class="scroll">
          <Skeleton label={w.loadingThread} />
        </div>
      )}
      <Composing conv={conv} />
      <Composer conv={conv} />
    </>
  );
}

/** What stands in the middle while no conversation is chosen. */
export function NoThread() {
  const w = t();
  return (
    <section class="thread-pane nothing" id="pane" tabIndex={-1}>
      <Empty icon="chat" title={w.choose}>
        {w.chooseNext}
      </Empty>
    </section>
  );
}

interface HeaderProps {
  conv: string;
  finding: boolean;
  /** Null while there is nothing to search in. */
  onFind: (() => void) | null;
  onSide: () => void;
}

function Header({ conv, finding, onFind, onSide }: HeaderProps) {
  const desk = useDesk();
  const w = t();
  const row = desk.lists.heads.value.get(conv);
  const online = row && desk.people.online.value.contacts.has(row.conversation.contact_id);
  return (
    <header class="pane-head thread-head">
      <span class="only-phone">
        <Button kind="ghost" icon="left" label={w.back} onPress={() => desk.router.go('')} />
      </span>
      <div class="grow">
        <h1>
          <span class="cut">{desk.customer(conv)}</span>
          {online && (
            <span class="not-phone">
              <Badge tone="ok">
                <Dot state="online" />
                {w.online}
              </Badge>
            </span>
          )}
        </h1>
        <Subtitle conv={conv} />
      </div>
      <Viewers />
      {onFind && (
        <span class="not-phone">
          <Button
            kind="ghost"
            icon="search"
            label={t2().find}
            keys={keyText('find')}
            pressed={finding}
            onPress={onFind}
          />
        </span>
      )}
      {row && <Actions conv={conv} onFind={onFind} />}
      <span class="only-narrow">
        <Button kind="ghost" icon="side" label={w.showContact} onPress={onSide} />
      </span>
    </header>
  );
}

function Subtitle({ conv }: { conv: string }) {
  const desk = useDesk();
  const w = t();
  const conversation = desk.lists.heads.value.get(conv)?.conversation;
  if (!conversation) return null;
  const { assignee_id: assignee, team_id: team } = conversation;
  const who = assignee === desk.me.agent.id ? w.assignedToYou : assignee ? w.with(desk.nameOf(assignee)) : w.unassigned;
  const inbox = desk.people.inboxes.value.get(conversation.inbox_id)?.name;
  const parts = [
    w.status[conversation.status],
    who,
    team ? desk.people.teams.value.get(team)?.name : undefined,
  ];
  return (
    <div class="small t3 cut">
      {inbox && <span class="not-phone">{inbox} · </span>}
      {parts.filter(Boolean).join(' · ')}
    </div>
  );
}

const NOTHING = { status: '', assignee_id: null };

function Actions({ conv, onFind }: { conv: string; onFind: (() => void) | null }) {
  const desk = useDesk();
  const w = t();
  const [handing, setHanding] = useState(false);
  const { items: acts, dialog } = useTools(desk, conv);
  const { status, assignee_id: assignee } = desk.lists.heads.value.get(conv)?.conversation ?? NOTHING;
  const may = status !== '' && desk.may('conversations.write');
  const over = status === 'resolved' || status === 'closed';
  useShortcut('assign', may && !over ? () => setHanding(true) : null);
  useShortcut('take', may && !over && assignee === null ? () => void desk.take(conv) : null);
  useShortcut('resolve', may && !over && assignee !== null ? () => void desk.resolve(conv) : null);
  useShortcut('reopen', may && status === 'resolved' ? () => void desk.reopen(conv) : null);
  if (!may) return null;
  const ticket = desk.may('tickets.write') ? () => void desk.makeTicket(conv) : null;
  const address = desk.lists.heads.value.get(conv)?.contact?.email;
  const tools: typeof acts = address
    ? [...acts, { key: 'transcript', label: mail().transcript, icon: 'mail' as const, onChoose: () => void transcribe(desk, conv) }]
    : acts;
  const items: MenuItem[] = [
    ...(onFind ? [{ key: 'find', label: t2().find, icon: 'search' as const, onChoose: onFind }] : []),
    ...(over ? [] : [{ key: 'hand', label: w.handOver, icon: 'swap' as const, onChoose: () => setHanding(true) }]),
    ...(ticket ? [{ key: 'ticket', label: w.makeTicket, icon: 'ticket' as const, onChoose: ticket }] : []),
  ];

  return (
    <span class="row">
      {ticket && (
        <span class="not-phone">
          <Button kind="ghost" icon="ticket" label={w.makeTicket} onPress={ticket} />
        </span>
      )}
      {!over && (
        <span class="not-phone">
          <Button kind="ghost" icon="swap" label={w.handOver} keys={keyText('assign')} onPress={() => setHanding(true)} />
        </span>
      )}
      {items.length > 0 && (
        <span class="only-phone">
          <MenuButton items={tools.length > 0 ? [...items, 'line', ...tools] : items} kind="ghost" icon="more" label={w.more} />
        </span>
      )}
      {tools.length > 0 && (
        <span class="not-phone">
          <MenuButton items={tools} kind="ghost" icon="more" label={w.more} />
        </span>
      )}
      {!over && assignee === null && (
        <Button kind="prime" icon="user" onPress={() => void desk.take(conv)}>
          {w.take}
        </Button>
      )}
      {!over && assignee !== null && (
        <Button icon="check" onPress={() => void desk.resolve(conv)}>
          {w.resolve}
        </Button>
      )}
      {status === 'resolved' && (
        <Button icon="refresh" onPress={() => void desk.reopen(conv)}>
          {w.reopen}
        </Button>
      )}
      {dialog}
      {handing && <HandOver conv={conv} onClose={() => setHanding(false)} />}
    </span>
  );
}

/** All that was said, to the customer's address. */
async function transcribe(desk: Desk, conv: string): Promise<void> {
  try {
    const { to } = await desk.api.post<{ to: string }>(`api/v1/conversations/${conv}/transcript`);
    desk.say(mail().transcribed(to));
  } catch (error) {
    desk.say(reason(error));
  }
}
