import { LineState } from '../composer/LineState';
import { useDesk } from '../state/desk';
import { TicketDetail } from './TicketDetail';
import { TicketList } from './TicketList';

/** Tickets: the list, or one of them. */
export function Tickets() {
  const desk = useDesk();
  const route = desk.router.route.value;
  const id = route.page === 'tickets' ? route.ticket : null;
  return (
    <main class="sheet whole">
      <section class="thread-pane tickets-page" id="pane" tabIndex={-1}>
        <LineState />
        {id ? <TicketDetail key={id} id={id} /> : <TicketList />}
      </section>
    </main>
  );
}
