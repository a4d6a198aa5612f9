import { useEffect, useState } from 'preact/hooks';
import { fullDay } from '../../kit/dates';
import type { Contact } from '../../kit/frames';
import { language } from '../../kit/i18n';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty, Failure } from '../../kit/ui/Empty';
import { TextField } from '../../kit/ui/Field';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { type Block, type Last, LastField, lasting, untilOf } from '../contact/Blocked';
import { t } from '../contact/blockWords';
import { type Desk, useDesk } from '../state/desk';
import { reason } from '../state/session';
import { t as words } from '../words';
import { SaveForm } from './SaveForm';

interface Listed {
  readonly block: Block;
  readonly contact: Contact | null;
}

/** Visitors and addresses that may not come in. */
export function Blocks() {
  const desk = useDesk();
  const w = t();
  const [rows, setRows] = useState<readonly Listed[] | null>(null);
  const [why, setWhy] = useState('');
  const [adding, setAdding] = useState(false);
  const manages = desk.may('inboxes.manage');
  const load = (): void => {
    setWhy('');
    desk.api.get<{ blocks: readonly Listed[] }>('api/v1/blocks').then(({ blocks }) => setRows(blocks), (error: unknown) => setWhy(reason(error)));
  };
  useEffect(load, []);
  const end = ({ id }: Block): void => {
    desk.api.delete(`api/v1/blocks/${id}`).then(
      () => {
        desk.say(w.unblocked);
        load();
      },
      (error: unknown) => desk.say(reason(error)),
    );
  };
  return (
    <>
      <div class="settings-title">
        <h2>{words().blocks}</h2>
        <span class="end">
          <Button icon="plus" disabled={!manages} reason={manages ? undefined : words().notAllowed} onPress={() => setAdding(true)}>
            {w.add}
          </Button>
        </span>
      </div>
      <p class="t2">{w.lead}</p>
      {adding && (
        <Card title={w.add}>
          <NetworkForm
            desk={desk}
            onCancel={() => setAdding(false)}
            onDone={() => {
              setAdding(false);
              load();
            }}
          />
        </Card>
      )}
      <Card>
        {why !== '' ? (
          <Failure
            title={w.failed}
            reason={why}
            retry={
              <Button size="s" icon="refresh" onPress={load}>
                {words().retry}
              </Button>
            }
          />
        ) : rows === null ? (
          <Skeleton label={words().loading} rows={3} face={false} />
        ) : rows.length === 0 ? (
          <Empty icon="check" title={w.none}>
            {w.noneNext}
          </Empty>
        ) : (
          <Table fold label={words().blocks} head={[w.who, w.why, w.when, <span class="sr">{words().edit}</span>]}>
            {rows.map((row) => (
              <BlockRow key={row.block.id} desk={desk} row={row} manages={manages} onEnd={() => end(row.block)} />
            ))}
          </Table>
        )}
      </Card>
    </>
  );
}

function BlockRow({ desk, row: { block, contact }, manages, onEnd }: { desk: Desk; row: Listed; manages: boolean; onEnd: () => void }) {
  const w = t();
  const name = contact === null ? '' : contact.name || words().visitor(contact.number);
  const who = [name, block.network].filter(Boolean).join(' · ');
  const may = block.network === '' ? desk.may('contacts.write') : manages;
  return (
    <tr>
      <td class="mid">{who}</td>
      <td class="t2">{block.reason || '–'}</td>
      <td class="t2">
        {w.by(desk.nameOf(block.agent_id), fullDay(block.at, language.value))} · {lasting(block)}
      </td>
      <td>
        <Button size="s" label={w.unblockOne(who)} disabled={!may} reason={may ? undefined : w.onlyManagers} onPress={onEnd}>
          {w.unblock}
        </Button>
      </td>
    </tr>
  );
}

function NetworkForm({ desk, onDone, onCancel }: { desk: Desk; onDone: () => void; onCancel: () => void }) {
  const w = t();
  const [form, setForm] = useState({ network: '', reason: '', last: 'month' as Last });
  const save = async (): Promise<void> => {
    await desk.api.post('api/v1/blocks', { network: form.network, reason: form.reason, until: untilOf(form.last, desk.now.peek()) });
    desk.say(w.done);
    onDone();
  };
  const fault = form.network.trim() === '' ? words().needed(w.addressLabel) : null;
  return (
    <SaveForm dirty={form.network !== ''} fault={fault} action={w.add} quiet onSave={save} onCancel={onCancel}>
      <div class="form-grid">
        <TextField label={w.addressLabel} field="network" focus maxLength={60} hint={w.addressHint} value={form.network} onInput={(network) => setForm({ ...form, network })} />
        <LastField last={form.last} onChange={(last) => setForm({ ...form, last })} />
        <div class="wide">
          <TextField label={w.reason} maxLength={300} value={form.reason} onInput={(text) => setForm({ ...form, reason: text })} />
        </div>
      </div>
    </SaveForm>
  );
}
