import { useEffect, useState } from 'preact/hooks';
import { Badge, Dot } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Empty, Failure } from '../../kit/ui/Empty';
import { MenuButton, type MenuItem } from '../../kit/ui/Menu';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Composer } from '../composer/Composer';
import type { Desk } from '../state/desk';
import { useDesk } from '../state/desk';
import { t } from '../words';
import { HandOver } from './HandOver';
import { Thread } from './Thread';
import './ThreadPane.css';

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
  useEffect(() => {
    void desk.threads.open(conv);
  }, [conv]);
  return (
    <section class="thread-pane" id="pane" tabIndex={-1} aria-label={desk.customer(conv)}>
      <Header conv={conv} onSide={onSide} />
      <Middle desk={desk} conv={conv} phase={state.value.phase} why={state.value.why} jump={jump} />
    </section>
  );
}

function Middle({
  desk,
  conv,
  phase,
  why,
  jump,
}: {
  desk: Desk;
  conv: string;
  phase: string;
  why: string;
  jump: number | null;
}) {
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
      {phase === 'ready' ? (
        <Thread conv={conv} jump={jump} />
      ) : (
        <div class="scroll">
          <Skeleton label={w.loadingThread} />
        </div>
      )}
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

function Header({ conv, onSide }: { conv: string; onSide: () => void }) {
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
      {row && <Actions conv={conv} />}
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

function Actions({ conv }: { conv: string }) {
  const desk = useDesk();
  const w = t();
  const [handing, setHanding] = useState(false);
  const conversation = desk.lists.heads.value.get(conv)?.conversation;
  if (!conversation || !desk.may('conversations.write')) return null;
  const { status, assignee_id: assignee } = conversation;
  const over = status === 'resolved' || status === 'closed';
  const items: MenuItem[] = [{ key: 'hand', label: w.handOver, icon: 'swap', onChoose: () => setHanding(true) }];
  return (
    <span class="row">
      {!over && (
        <>
          <span class="not-phone">
            <Button kind="ghost" icon="swap" label={w.handOver} onPress={() => setHanding(true)} />
          </span>
          <span class="only-phone">
            <MenuButton items={items} kind="ghost" icon="more" label={w.more} />
          </span>
        </>
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
      {handing && <HandOver conv={conv} onClose={() => setHanding(false)} />}
    </span>
  );
}
