import { useEffect, useState } from 'preact/hooks';
import { Avatar } from '../../kit/ui/Avatar';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty, Failure } from '../../kit/ui/Empty';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { Segment } from '../../kit/ui/Tabs';
import { LineState } from '../composer/LineState';
import { type Desk, useDesk } from '../state/desk';
import { reason } from '../state/session';
import { waiting } from '../times';
import { t as words } from '../words';
import { StartDialog } from './StartDialog';
import './Visitors.css';
import { type Guest, type Narrowed, WHO, fits } from './guests';
import { t } from './words';

interface Told {
  readonly online: number;
  readonly guests: readonly Guest[];
}

/** Who is on the sites now: asked again whenever the line tells that somebody came, went or turned a page. */
export function Visitors() {
  const desk = useDesk();
  const w = t();
  const [told, why, load] = useGuests(desk);
  const [narrowed, setNarrowed] = useState<Narrowed>({ who: 'all', inbox: '', text: '' });
  const [asked, setAsked] = useState<Guest | null>(null);
  const narrow = (part: Partial<Narrowed>): void => setNarrowed({ ...narrowed, ...part });
  const inboxes = [...desk.people.inboxes.value.values()].map(({ id, name }) => ({ value: id, label: name }));
  const shown = told?.guests.filter((guest) => fits(guest, narrowed)) ?? [];
  return (
    <main class="sheet whole">
      <section class="thread-pane visitors-page" id="pane" tabIndex={-1}>
        <LineState />
        <div class="scroll">
          <div class="visitors-body">
            <div class="visitors-title">
              <h1>{w.title}</h1>
              {told !== null && <span class="t3 num" role="status">{w.count(told.online)}</span>}
            </div>
            <div class="visitor-filters">
              <TextField label={w.find} value={narrowed.text} maxLength={100} onInput={(text) => narrow({ text })} />
              <SelectField label={w.inbox} value={narrowed.inbox} choices={[{ value: '', label: w.every }, ...inboxes]} onChange={(inbox) => narrow({ inbox })} />
            </div>
            <Segment label={w.which} tabs={WHO.map((key) => ({ key, label: w.who[key] }))} chosen={narrowed.who} onChoose={(who) => narrow({ who })} />
            {told !== null && told.online > told.guests.length && told.guests.length > 0 && (
              <p class="hint">{w.more(told.guests.length, told.online)}</p>
            )}
            <Card>
              {why !== '' && told === null ? (
                <Failure
                  title={w.failed}
                  reason={why}
                  retry={
                    <Button size="s" icon="refresh" onPress={load}>
                      {words().retry}
                    </Button>
                  }
                />
              ) : told === null ? (
                <Skeleton label={words().loading} rows={4} />
              ) : shown.length === 0 ? (
                <Empty icon="globe" title={told.guests.length === 0 ? w.none : w.noneFit}>
                  {told.guests.length === 0 ? w.noneNext : w.noneFitNext}
                </Empty>
              ) : (
                <Table fold label={w.title} head={[w.visitor, w.page, w.since, w.from, w.often, <span class="sr">{w.start}</span>]}>
                  {shown.map((guest) => (
                    <Row key={guest.contact.id} desk={desk} guest={guest} onStart={() => setAsked(guest)} />
                  ))}
                </Table>
              )}
            </Card>
          </div>
        </div>
        {asked && <StartDialog desk={desk} guest={asked} onClose={() => setAsked(null)} />}
      </section>
    </main>
  );
}

function useGuests(desk: Desk): [Told | null, string, () => void] {
  const [told, setTold] = useState<Told | null>(null);
  const [why, setWhy] = useState('');
  const [round, setRound] = useState(0);
  const { turn } = desk.people.site.value;
  useEffect(() => {
    const aborter = new AbortController();
    setWhy('');
    desk.api.get<Told>('api/v1/visitors', { signal: aborter.signal }).then(setTold, (error: unknown) => {
      if (!aborter.signal.aborted) setWhy(reason(error));
    });
    return () => aborter.abort();
  }, [turn, round]);
  return [told, why, () => setRound(round + 1)];
}

function Row({ desk, guest, onStart }: { desk: Desk; guest: Guest; onStart: () => void }) {
  const w = t();
  const { contact, url, title, since, pages, came_from: from, visits, conversation_id: conv, talking } = guest;
  const name = contact.name || words().visitor(contact.number);
  const may = desk.may('conversations.write');
  return (
    <tr>
      <td class="mid">
        <span class="visitor-who">
          <Avatar id={contact.id} name={contact.name} size="s" presence="online" />
          <span class="visitor-name">
            <span class="cut">{name}</span>
            {talking && <Badge tone="info">{w.talking}</Badge>}
          </span>
        </span>
      </td>
      <td class="visitor-page own-line">
        <span class="cut" title={url}>{title || url}</span>
        {title && <span class="cut small t3">{url}</span>}
      </td>
      <td class="num">
        {waiting(desk.now.value - since)} <span class="small t3">{w.pages(pages)}</span>
      </td>
      <td class="t2">{from || w.direct}</td>
      <td class="t2">{w.visits(visits)}</td>
      <td class="visitor-do">
        {conv !== null ? (
          <Button size="s" icon="chat" label={w.openOne(name)} onPress={() => desk.router.go(`c/${conv}`)}>
            {w.open}
          </Button>
        ) : (
          may && !talking && (
            <Button size="s" icon="chat" label={w.startWith(name)} onPress={onStart}>
              {w.start}
            </Button>
          )
        )}
      </td>
    </tr>
  );
}
