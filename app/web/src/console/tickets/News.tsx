import { useState } from 'preact/hooks';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { Empty } from '../../kit/ui/Empty';
import { Icon } from '../../kit/ui/Icon';
import type { Desk } from '../state/desk';
import { follow } from '../state/router';
import { reason } from '../state/session';
import type { TicketNotice } from '../state/ticketNews';
import { shortTime } from '../times';
import { told } from './History';
import { type OwnField, useOwnFields } from '../fields/model';
import { moment } from './moment';
import { t } from './words';

const PICTURES = { mentioned: 'at', assigned: 'user', watched: 'eye' } as const;

/** What happened to one's tickets, behind a button that says how much of it is new. */
export function News({ desk }: { desk: Desk }) {
  const w = t();
  const [open, setOpen] = useState(false);
  const unseen = desk.ticketNews.unseen.value;
  return (
    <>
      <Button icon="bell" onPress={() => setOpen(true)}>
        {unseen > 0 ? w.newsCount(unseen) : w.news}
      </Button>
      {open && <NewsDialog desk={desk} onClose={() => setOpen(false)} />}
    </>
  );
}

function NewsDialog({ desk, onClose }: { desk: Desk; onClose: () => void }) {
  const w = t();
  const fields = useOwnFields(desk, 'ticket');
  const { notices, unseen } = desk.ticketNews;
  const seeAll = (): void => void desk.ticketNews.see(null).catch((error: unknown) => desk.say(reason(error)));
  return (
    <Dialog
      title={w.news}
      wide
      onClose={onClose}
      actions={
        <Button icon="checks" disabled={unseen.value === 0} onPress={seeAll}>
          {w.seeAll}
        </Button>
      }
    >
      {notices.value.length === 0 ? (
        <Empty icon="bell" title={w.noNews}>
          {w.noNewsNext}
        </Empty>
      ) : (
        <ol class="ticket-history">
          {notices.value.map((notice) => (
            <Line key={notice.number} desk={desk} fields={fields} notice={notice} onClose={onClose} />
          ))}
        </ol>
      )}
    </Dialog>
  );
}

interface LineProps {
  desk: Desk;
  fields: readonly OwnField[];
  notice: TicketNotice;
  onClose: () => void;
}

function Line({ desk, fields, notice, onClose }: LineProps) {
  const w = t();
  const { why, seen, entry, title, ticket_id: id, ticket_number: number } = notice;
  const path = `tickets/${id}`;
  const go = follow(desk.router, path);
  return (
    <li class={seen ? '' : 'ticket-note'}>
      <Icon name={PICTURES[why]} size="s" />
      <div class="grow">
        <a
          class="ticket-link"
          href={desk.hrefOf(path)}
          onClick={(event) => {
            go(event);
            onClose();
          }}
        >
          <span class="t3 num">#{number}</span> <span class={seen ? '' : 'mid'}>{title}</span>
          {!seen && <span class="sr"> {w.unseen}</span>}
        </a>
        <div class="small t2">
          {[w.why[why], ...told(desk, fields, entry)].join(' · ')}
          {entry.text && `: ${entry.text.slice(0, 120)}`}
        </div>
      </div>
      <time class="small t3 num" title={moment(entry.at)}>
        {shortTime(entry.at, desk.now.peek())}
      </time>
    </li>
  );
}
