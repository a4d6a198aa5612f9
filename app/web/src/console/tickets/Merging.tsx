import { useEffect, useState } from 'preact/hooks';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { TextField } from '../../kit/ui/Field';
import { Icon } from '../../kit/ui/Icon';
import { follow } from '../state/router';
import { reason } from '../state/session';
import type { Held } from './TicketDetail';
import type { Listed, TicketPage } from './model';
import { StatusBadge, nameOf } from './parts';
import { t } from './words';

const PAUSE_MS = 200;

/** That this ticket goes on in another one, with the way there and back. */
export function MergedInto({ held: { desk, detail, act }, may }: { held: Held; may: boolean }) {
  const w = t();
  const { id, merged_into: into } = detail.ticket;
  if (into === null) return null;
  const undo = (): void => void act(() => desk.api.post(`api/v1/tickets/${id}/unmerge`));
  return (
    <Banner
      tone="warn"
      icon="merge"
      action={
        may && (
          <Button size="s" onPress={undo}>
            {w.unmerge}
          </Button>
        )
      }
    >
      {w.mergedInto}{' '}
      <a href={desk.hrefOf(`tickets/${into}`)} onClick={follow(desk.router, `tickets/${into}`)}>
        {w.goThere}
      </a>
    </Banner>
  );
}

/** Tickets that go on in this one: each to be read only, as it stood. */
export function MergedHere({ held: { desk, detail } }: { held: Held }) {
  const w = t();
  if (detail.merged.length === 0) return null;
  return (
    <section class="card">
      <header class="card-head">
        <h2>{w.mergedHere}</h2>
      </header>
      <ul class="card-body ticket-links">
        {detail.merged.map(({ id, number, title, description }) => (
          <li key={id}>
            <Icon name="merge" size="s" />
            <div class="grow">
              <a class="ticket-link" href={desk.hrefOf(`tickets/${id}`)} onClick={follow(desk.router, `tickets/${id}`)}>
                <span class="t3 num">#{number}</span> {title}
              </a>
              {description && <p class="ticket-words t2">{description}</p>}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Chooses which ticket goes on with this one. */
export function MergeDialog({ held: { desk, detail, act }, onClose }: { held: Held; onClose: () => void }) {
  const w = t();
  const [typed, setTyped] = useState('');
  const [found, setFound] = useState<readonly Listed[]>([]);
  const { id, number } = detail.ticket;
  useEffect(() => {
    let over = false;
    const timer = setTimeout(() => {
      desk.api.get<TicketPage>(`api/v1/tickets?q=${encodeURIComponent(typed)}&limit=8`).then(
        (page) => !over && setFound(page.tickets.filter(({ ticket }) => ticket.id !== id)),
        (error: unknown) => !over && desk.say(reason(error)),
      );
    }, PAUSE_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [typed]);
  const merge = async (into: string): Promise<void> => {
    onClose();
    await act(() => desk.api.post(`api/v1/tickets/${id}/merge`, { into }));
  };
  return (
    <Dialog
      title={w.mergeTitle(number)}
      wide
      onClose={onClose}
      actions={
        <Button kind="ghost" onPress={onClose}>
          {w.letGo}
        </Button>
      }
    >
      <p class="t2">{w.mergeWhat}</p>
      <TextField label={w.find} focus value={typed} onInput={setTyped} />
      <ul class="ticket-links">
        {found.map(({ ticket, contact }) => (
          <li key={ticket.id}>
            <Button kind="ghost" onPress={() => void merge(ticket.id)}>
              {`#${ticket.number} ${ticket.title}`}
            </Button>
            <span class="small t3 cut grow">{nameOf(contact)}</span>
            <StatusBadge ticket={ticket} />
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
