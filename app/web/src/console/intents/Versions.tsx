import { useEffect, useState } from 'preact/hooks';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Dialog } from '../../kit/ui/Dialog';
import { Empty } from '../../kit/ui/Empty';
import { Table } from '../../kit/ui/Table';
import { fileSize, fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import type { Desk } from '../state/desk';
import { reason } from '../state/session';
import { shortTime } from '../times';
import { t as common } from '../words';
import { useBook } from './book';
import { type Version, listVersions, readVersion, revertTo } from './calls';
import { count, lasted, percent } from './figures';
import { Awaited } from './parts';
import { t } from './words';

/** Every version of the engine with its figures: looked into, and put back. */
export function Versions() {
  const book = useBook();
  const { desk } = book;
  const w = t().quality;
  const [versions, setVersions] = useState<readonly Version[] | null>(null);
  const [why, setWhy] = useState('');
  const [open, setOpen] = useState<Version | null>(null);
  const [back, setBack] = useState<Version | null>(null);
  const load = (): void => {
    listVersions(desk).then(
      (held) => (setVersions(held), setWhy('')),
      (error: unknown) => setWhy(reason(error)),
    );
  };
  useEffect(load, [book.round.value]);
  return (
    <Card title={w.versions}>
      <Awaited ready={versions !== null} why={why} title={w.versionsFailed} retry={load} rows={3}>
        {versions?.length === 0 ? (
          <Empty icon="clock" title={w.noVersions}>
            {w.noVersionsNext}
          </Empty>
        ) : (
          <Table fold label={w.versions} head={[w.version, w.made, t().phrases, w.replayed, w.threshold, '']}>
            {versions?.map((version) => (
              <tr key={version.id}>
                <td>
                  <span class="mid num">{w.nth(version.number)}</span>{' '}
                  {version.at_work ? <Badge tone="ok">{w.active}</Badge> : version.state === 'refused' && <Badge tone="warn">{w.refusedBadge}</Badge>}
                </td>
                <td class="num" title={fullTime(version.at, language.value)}>
                  {shortTime(version.at, desk.now.value)} <span class="small t3">{whoOf(desk, version)}</span>
                </td>
                <td class="num">
                  <span class="only-phone t3">{t().phrases}</span> {count(version.measured.phrases)}
                </td>
                <td class="num">
                  <span class="only-phone t3">{w.replayed}</span> {percent(version.measured.after)}
                </td>
                <td class="num">
                  <span class="only-phone t3">{w.threshold}</span> {percent(version.thresholds.answer)}
                </td>
                <td class="keep">
                  <Button size="s" kind="ghost" label={w.lookAt(version.number)} onPress={() => setOpen(version)}>
                    {t().look}
                  </Button>
                  {!version.at_work && (
                    <Button size="s" label={w.backTo(version.number)} onPress={() => setBack(version)}>
                      {w.revert}
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Awaited>
      {open && <Inspect version={open} onClose={() => setOpen(null)} />}
      {back && <Revert version={back} onClose={() => setBack(null)} onDone={() => (setBack(null), book.changed())} />}
    </Card>
  );
}

/** Who asked for it, or what made the server train. */
function whoOf(desk: Desk, { agent_id, why }: Version): string {
  return desk.people.colleagues.value.get(agent_id)?.name ?? t().quality.reasons[why] ?? '';
}

/** All its figures, which the list leaves out. */
function Inspect({ version, onClose }: { version: Version; onClose: () => void }) {
  const { desk } = useBook();
  const w = t().quality;
  const [whole, setWhole] = useState<Version | null>(null);
  const [why, setWhy] = useState('');
  const load = (): void => {
    setWhy('');
    readVersion(desk, version.id).then(setWhole, (error: unknown) => setWhy(reason(error)));
  };
  useEffect(load, [version.id]);
  const { measured } = whole ?? version;
  const facts: readonly (readonly [string, string])[] = [
    [w.made, fullTime(version.at, language.value)],
    [t().phrases, count(measured.phrases)],
    [common().intents, count(measured.intents)],
    [w.trainedIn, lasted(measured.seconds * 1e6)],
    [w.size, fileSize(version.model_bytes)],
    [w.replayedBefore, percent(measured.before)],
    [w.replayed, percent(measured.after)],
    [w.threshold, percent(version.thresholds.answer)],
    [w.accuracy, percent(measured.held_out?.accuracy)],
    [w.coverage, percent(measured.held_out?.coverage)],
    [w.precision, percent(measured.held_out?.precision)],
    [w.ece, percent(measured.held_out?.ece)],
  ];
  return (
    <Dialog title={w.nth(version.number)} onClose={onClose} actions={<Button onPress={onClose}>{t().close}</Button>}>
      <Awaited ready={whole !== null} why={why} title={w.versionsFailed} retry={load} rows={5}>
        <dl class="version-facts">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt class="t3">{name}</dt>
              <dd class="num">{value}</dd>
            </div>
          ))}
        </dl>
        {version.state === 'refused' && <p class="small tone-warn">{w.refusedWhy}</p>}
      </Awaited>
    </Dialog>
  );
}

function Revert({ version, onClose, onDone }: { version: Version; onClose: () => void; onDone: () => void }) {
  const { desk } = useBook();
  const w = t().quality;
  const [state, setState] = useState({ busy: false, why: '' });
  const go = async (): Promise<void> => {
    setState({ busy: true, why: '' });
    try {
      await revertTo(desk, version.id);
      desk.say(w.reverted(version.number));
      onDone();
    } catch (error) {
      setState({ busy: false, why: reason(error) });
    }
  };
  return (
    <Dialog
      title={w.revertTitle(version.number)}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{common().cancel}</Button>
          <Button kind="prime" busy={state.busy} onPress={() => void go()}>
            {w.revert}
          </Button>
        </>
      }
    >
      <p class="body">{w.revertWhat}</p>
      {state.why !== '' && (
        <p class="hint bad" role="alert">
          {state.why}
        </p>
      )}
    </Dialog>
  );
}
