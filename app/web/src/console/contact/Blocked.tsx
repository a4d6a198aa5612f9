import { useState } from 'preact/hooks';
import { fullDay } from '../../kit/dates';
import type { Contact } from '../../kit/frames';
import { language } from '../../kit/i18n';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Dialog } from '../../kit/ui/Dialog';
import { SelectField, TextField } from '../../kit/ui/Field';
import { Checkbox } from '../../kit/ui/Toggle';
import type { Desk } from '../state/desk';
import { reason as reasonOf } from '../state/session';
import { t as words } from '../words';
import { t } from './blockWords';

/** Who may not come in: a contact, a network, or both; `until` null: for good. */
export interface Block {
  readonly id: string;
  readonly contact_id: string | null;
  readonly network: string;
  readonly reason: string;
  readonly agent_id: string;
  readonly at: number;
  readonly until: number | null;
}

const DAY_MS = 86_400_000;
const LASTS = { day: 1, week: 7, month: 30, good: null } as const;
export type Last = keyof typeof LASTS;

/** When a block ends that begins now. */
export function untilOf(last: Last, now: number): number | null {
  const days = LASTS[last];
  return days === null ? null : now + days * DAY_MS;
}

/** For how long, as a list to choose from. */
export function LastField({ last, onChange }: { last: Last; onChange: (last: Last) => void }) {
  const w = t();
  const choices = (Object.keys(LASTS) as Last[]).map((value) => ({ value, label: w.lasts[value] }));
  return <SelectField label={w.howLong} value={last} choices={choices} onChange={(chosen) => onChange(chosen as Last)} />;
}

/** At the end of the pane: that he is blocked, by whom, why and until when; or the way to do it. */
export function Blocked({ desk, contact, block, onChange }: { desk: Desk; contact: Contact; block: Block | null; onChange: () => void }) {
  const w = t();
  const [asking, setAsking] = useState(false);
  const may = desk.may('contacts.write');
  const unblock = (): void => {
    if (block === null) return;
    desk.api.delete(`api/v1/blocks/${block.id}`).then(
      () => {
        desk.say(w.unblocked);
        onChange();
      },
      (error: unknown) => desk.say(reasonOf(error)),
    );
  };
  if (block === null && !may) return null;
  return (
    <section class="sec">
      {block === null ? (
        <Button kind="harm" size="s" icon="stop" onPress={() => setAsking(true)}>
          {w.block}
        </Button>
      ) : (
        <div class="blocked">
          <Badge tone="danger">{w.blocked}</Badge>
          <p class="small t2">
            {[w.by(desk.nameOf(block.agent_id), fullDay(block.at, language.value)), lasting(block), block.network, block.reason].filter(Boolean).join(' · ')}
          </p>
          {may && (
            <Button size="s" onPress={unblock}>
              {w.unblock}
            </Button>
          )}
        </div>
      )}
      {asking && <BlockDialog desk={desk} contact={contact} onClose={() => setAsking(false)} onDone={onChange} />}
    </section>
  );
}

/** `until 3 May 2027`, or that it does not end. */
export function lasting({ until }: Block): string {
  return until === null ? t().good : t().until(fullDay(until, language.value));
}

function BlockDialog({ desk, contact, onClose, onDone }: { desk: Desk; contact: Contact; onClose: () => void; onDone: () => void }) {
  const w = t();
  const [form, setForm] = useState({ reason: '', last: 'good' as Last, network: false });
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState('');
  const block = async (): Promise<void> => {
    setBusy(true);
    setWhy('');
    try {
      const network = form.network ? contact.address : '';
      await desk.api.post('api/v1/blocks', { contact_id: contact.id, reason: form.reason, until: untilOf(form.last, desk.now.peek()), network });
      desk.say(w.done);
      onClose();
      onDone();
    } catch (error) {
      setWhy(reasonOf(error));
      setBusy(false);
    }
  };
  const name = contact.name || words().visitor(contact.number);
  return (
    <Dialog
      title={w.title(name)}
      onClose={onClose}
      actions={
        <>
          <Button kind="ghost" onPress={onClose}>
            {words().cancel}
          </Button>
          <Button kind="harm-prime" busy={busy} onPress={() => void block()}>
            {w.block}
          </Button>
        </>
      }
    >
      <div class="block-form">
        <p class="t2">{w.what}</p>
        <TextField label={w.reason} focus maxLength={300} value={form.reason} onInput={(reason) => setForm({ ...form, reason })} />
        <LastField last={form.last} onChange={(last) => setForm({ ...form, last })} />
        {desk.may('inboxes.manage') && contact.address !== '' && (
          <div>
            <Checkbox on={form.network} onChange={(network) => setForm({ ...form, network })}>
              {w.network(contact.address)}
            </Checkbox>
            <p class="hint">{w.networkWhat}</p>
          </div>
        )}
        {why !== '' && (
          <p class="hint bad" role="alert">
            {why}
          </p>
        )}
      </div>
    </Dialog>
  );
}
