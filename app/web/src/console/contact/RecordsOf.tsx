import { useEffect, useRef, useState } from 'preact/hooks';
import { dayLabel, fullTime } from '../../kit/dates';
import { type Language, language, preferred } from '../../kit/i18n';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { MessageCard } from '../../kit/ui/MessageCard';
import type { Desk } from '../state/desk';
import { t as words } from '../words';
import { cardOf } from './card';
import './RecordsOf.css';
import { type Body, type Found, type RecordKind, type StoredRecord, firstLine, linesOf, moneyOf, statusOf } from './records';
import { t } from './recordWords';

const KINDS: readonly RecordKind[] = ['order', 'shipment', 'ticket', 'note', 'customer'];
const PAGE = 20;

interface Answer {
  readonly records: readonly Found[];
  readonly next: string | null;
}

/**
 * What joined systems hold of a contact, by kind, the newest first; nothing where there is nothing. `conv`: the
 * conversation that an order can be sent into.
 */
export function RecordsOf({ desk, contact, conv }: { desk: Desk; contact: string; conv?: string }) {
  const may = desk.may('records.read');
  const [answer, setAnswer] = useState<Answer>({ records: [], next: null });
  const { contacts, round } = desk.recordsOf.value;
  const told = useRef(0);
  if (contacts.includes(contact)) told.current = round;
  useEffect(() => setAnswer({ records: [], next: null }), [contact, may]);
  useEffect(() => {
    if (!may) return undefined;
    const aborter = new AbortController();
    page(desk, contact, '', aborter.signal).then(setAnswer, () => undefined); // what is held stays
    return () => aborter.abort();
  }, [contact, may, told.current]);
  const more = () => {
    if (answer.next === null) return;
    page(desk, contact, answer.next).then(
      ({ records, next }) => setAnswer({ records: once([...answer.records, ...records]), next }),
      () => undefined,
    );
  };
  const w = t();
  return (
    <>
      {KINDS.map((kind) => {
        const found = answer.records.filter(({ record }) => record.body.kind === kind);
        if (found.length === 0) return null;
        return (
          <section class="sec" key={kind}>
            <h3>
              {w.kinds[kind]}
              <span class="t3 num">{found.length}</span>
            </h3>
            <ul class="records">
              {found.map(({ record, by, proven }) => (
                <li key={record.id}>
                  <RecordRow desk={desk} conv={conv} record={record} doubt={proven ? '' : w.doubt[by]} />
                </li>
              ))}
            </ul>
          </section>
        );
      })}
      {answer.next !== null && (
        <section class="sec">
          <Button size="s" onPress={more}>
            {w.more}
          </Button>
        </section>
      )}
    </>
  );
}

/** One: what it is at a glance, and all that is known of it when it is opened. */
function RecordRow({ desk, conv, record, doubt }: { desk: Desk; conv: string | undefined; record: StoredRecord; doubt: string }) {
  const w = t();
  const now = desk.now.value;
  const { body } = record;
  const status = statusOf(body);
  return (
    <details class="record">
      <summary>
        <span class="cut grow">{firstLine(body)}</span>
        {moneyOf(body) && <span class="num">{moneyOf(body)}</span>}
        {status && <Badge tone={status.tone}>{status.words}</Badge>}
        <span class="t3 small num record-place">
          {record.source} · {body.id} · {dayLabel(record.at, now, language.value)}
        </span>
      </summary>
      <dl class="facts">
        {linesOf(body).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="own-lines">{value}</dd>
          </div>
        ))}
      </dl>
      <p class="small t3" title={fullTime(record.updated_at, language.value)}>
        {w.synced(dayLabel(record.updated_at, now, language.value))}
      </p>
      {doubt && <p class="small record-doubt">{doubt}</p>}
      {conv !== undefined && <SendCard desk={desk} conv={conv} body={body} doubt={doubt} />}
    </details>
  );
}

/** Shows it to the customer, in his language. Whom nobody checked is asked about first: it may be another's order. */
function SendCard({ desk, conv, body, doubt }: { desk: Desk; conv: string; body: Body; doubt: string }) {
  const w = t();
  const [asking, setAsking] = useState(false);
  const head = desk.lists.heads.value.get(conv);
  const card = cardOf(body, spoken(head?.contact?.language));
  if (card === null || head === undefined || !desk.may('conversations.write')) return null;
  const closed = head.conversation.status === 'closed';
  const send = (): void => {
    desk.send(conv, '', [], false, { cards: [card] });
    desk.say(w.sent);
    setAsking(false);
  };
  return (
    <>
      <Button
        size="s"
        icon="send"
        disabled={closed}
        reason={closed ? words().closedNoReply : undefined}
        onPress={doubt ? () => setAsking(true) : send}
      >
        {w.send}
      </Button>
      {asking && (
        <Dialog
          title={w.sendSure}
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button onPress={() => setAsking(false)}>{words().cancel}</Button>
              <Button kind="prime" onPress={send}>
                {w.send}
              </Button>
            </>
          }
        >
          <p class="body">{doubt}</p>
          <MessageCard title={card.title} lines={card.lines} actions={card.buttons.length > 0 && card.buttons.map(({ label }) => <span key={label}>{label}</span>)} />
        </Dialog>
      )}
    </>
  );
}

/** The customer's language as his browser told it (`zh-CN`), else the page's. */
function spoken(told: string | undefined): Language {
  return told ? preferred([told]) : language.value;
}

function page(desk: Desk, contact: string, before: string, signal?: AbortSignal): Promise<Answer> {
  const place = before ? `&before=${encodeURIComponent(before)}` : '';
  return desk.api.get<Answer>(`api/v1/contacts/${contact}/records?limit=${PAGE}${place}`, signal ? { signal } : {});
}

/** One record may come by several facts of a contact, on two pages too. */
function once(found: readonly Found[]): readonly Found[] {
  return [...new Map(found.map((one) => [one.record.id, one])).values()];
}
