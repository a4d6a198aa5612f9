import { useEffect, useState } from 'preact/hooks';
import type { Conversation } from '../../kit/frames';
import { Button } from '../../kit/ui/Button';
import { Icon } from '../../kit/ui/Icon';
import { loadEarlier } from '../contact/earlier';
import { LaterDialog } from '../frame/LaterDialog';
import type { Desk } from '../state/desk';
import { follow } from '../state/router';
import { shortTime } from '../times';
import { t as words } from '../words';
import './Related.css';
import { t } from './words';

export interface RelatedAnswer {
  readonly merged: readonly { readonly conversation: Conversation; readonly at: number; readonly undo_until: number }[];
  readonly into: Conversation | null;
  readonly undo_until: number | null;
  readonly linked: readonly Conversation[];
}

/** Asks anew whenever the thread grows by a line, for every merging and link is one. */
export function useRelated(desk: Desk, conv: string): RelatedAnswer | null {
  const [related, setRelated] = useState<RelatedAnswer | null>(null);
  const conversation = desk.lists.heads.value.get(conv)?.conversation;
  const version = `${conversation?.merged_into ?? ''} ${desk.related.value}`;
  useEffect(() => {
    const aborter = new AbortController();
    desk.api.get<RelatedAnswer>(`api/v1/conversations/${conv}/related`, { signal: aborter.signal }).then(
      setRelated,
      () => undefined, // what is held stays; the next change asks again
    );
    return () => aborter.abort();
  }, [conv, version]);
  return related;
}

/** Above the thread: where a merged one goes on, and the ones that go on here, each a block to be read. */
export function MergedBlocks({ desk, conv }: { desk: Desk; conv: string }) {
  const w = t();
  const related = useRelated(desk, conv);
  const [read, setRead] = useState<Conversation | null>(null);
  if (!related || (related.merged.length === 0 && related.into === null)) return null;
  const may = desk.may('conversations.write');
  const now = desk.now.value;
  const { into } = related;
  return (
    <div class="merged" role="group" aria-label={w.mergedBlocks}>
      {into && (
        <div class="merged-block">
          <Icon name="merge" size="s" />
          <span class="grow">{w.goesOnIn}</span>
          <Button size="s" onPress={() => desk.router.go(`c/${into.id}`)}>
            {w.open}
          </Button>
          {may && (related.undo_until ?? 0) > now && (
            <Button kind="ghost" size="s" icon="back" onPress={() => void desk.relate(conv, 'unmerge', {}, w.unmerged)}>
              {w.undoMerge}
            </Button>
          )}
        </div>
      )}
      {related.merged.map(({ conversation, undo_until: until }) => (
        <div key={conversation.id} class="merged-block">
          <Icon name="merge" size="s" />
          <span class="grow cut">
            {w.mergedHere(shortTime(conversation.created_at, now))} · {conversation.last_text || words().photo}
          </span>
          <Button size="s" onPress={() => setRead(conversation)}>
            {w.readIt}
          </Button>
          {may && until > now && (
            <Button
              kind="ghost"
              size="s"
              icon="back"
              label={w.undoMerge}
              onPress={() => void desk.relate(conversation.id, 'unmerge', {}, w.unmerged)}
            />
          )}
        </div>
      ))}
      {read && <LaterDialog key={read.id} load={() => loadEarlier({ desk, conversation: read, name: desk.customer(conv), onClose: () => setRead(null) })} onFailed={() => setRead(null)} />}
    </div>
  );
}

/** At the customer's side: what is linked. */
export function Linked({ desk, conv }: { desk: Desk; conv: string }) {
  const w = t();
  const related = useRelated(desk, conv);
  if (!related || related.linked.length === 0) return null;
  const may = desk.may('conversations.write');
  return (
    <section class="sec">
      <h3>
        {w.linked}
        <span class="t3 num">{related.linked.length}</span>
      </h3>
      <ul>
        {related.linked.map(({ id, last_text: text, last_at: at }) => (
          <li key={id} class="row">
            <a class="past grow" href={desk.hrefOf(`c/${id}`)} onClick={follow(desk.router, `c/${id}`)}>
              <span class="cut grow">{text || words().photo}</span>
              <span class="small t3">{shortTime(at, desk.now.value)}</span>
            </a>
            {may && (
              <Button
                kind="ghost"
                size="s"
                icon="x"
                label={w.unlink}
                onPress={() => void desk.relate(conv, 'links/remove', { conversation_id: id }, w.unlinked)}
              />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
