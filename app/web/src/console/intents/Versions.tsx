import { useEffect, useState } from 'preact/hooks';
import { Badge } from '../../kit/ui/Badge';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Dialog } from '../../kit/ui/Dialog';
import { Empty } from '../../kit/ui/Empty';
import { Table } from '../../kit/ui/Table';
import { fileSize, fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { reason } from '../state/session';
import { shortTime } from '../times';
import { t as common } from '../words';
import { useBook } from './book';
import { type Version, listVersions, revertTo } from './calls';
import { count, lasted, percent } from './figures';
import { Awaited } from './parts';
import { t } from './words';

/** Every version of the engine with its figures: looked into, and put back. */
export function Versions({ onChanged }: { onChanged: () => void }) {
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
          <Table fold label={w.versions} head={[w.version, w.made, w.accuracy, w.coverage, w.precision, '']}>
            {versions?.map((version) => (
              <tr key={version.version}>
                <td>
                  <span class="mid num">{w.nth(version.version)}</span>{' '}
                  {version.active ? <Badge tone="ok">{w.active}</Badge> : version.refused !== '' && <Badge tone="warn">{w.refusedBadge}</Badge>}
                </td>
                <td class="num" title={fullTime(version.at, language.value)}>
                  {shortTime(version.at, desk.now.value)} {version.by && <span class="small t3">{version.by}</span>}
                </td>
                <td class="num">
                  <span class="only-phone t3">{w.accuracy}</span> {percent(version.accuracy)}
                </td>
                <td class="num">
                  <span class="only-phone t3">{w.coverage}</span> {percent(version.coverage)}
                </td>
                <td class="num">
                  <span class="only-phone t3">{w.precision}</span> {percent(version.precision)}
                </td>
                <td class="keep">
                  <Button size="s" kind="ghost" label={w.lookAt(version.version)} onPress={() => setOpen(version)}>
                    {t().look}
                  </Button>
                  {!version.active && version.refused === '' && desk.may('intents.manage') && (
                    <Button size="s" label={w.backTo(version.version)} onPress={() => setBack(version)}>
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
      {back && <Revert version={back} onClose={() => setBack(null)} onDone={() => (setBack(null), load(), onChanged(), book.changed())} />}
    </Card>
  );
}

function Inspect({ version, onClose }: { version: Version; onClose: () => void }) {
  const w = t().quality;
  const facts: readonly (readonly [string, string])[] = [
    [w.made, fullTime(version.at, language.value)],
    [w.accuracy, percent(version.accuracy)],
    [w.coverage, percent(version.coverage)],
    [w.precision, percent(version.precision)],
    [w.threshold, percent(version.threshold)],
    [t().phrases, count(version.phrases)],
    [common().intents, count(version.intents)],
    [w.trainedIn, lasted(version.seconds * 1e6)],
    [w.size, fileSize(version.bytes)],
  ];
  return (
    <Dialog title={w.nth(version.version)} onClose={onClose} actions={<Button onPress={onClose}>{t().close}</Button>}>
      <dl class="version-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt class="t3">{name}</dt>
            <dd class="num">{value}</dd>
          </div>
        ))}
      </dl>
      {version.refused !== '' && <p class="small tone-warn">{w.refused(version.refused)}</p>}
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
      await revertTo(desk, version.version);
      desk.say(w.reverted(version.version));
      onDone();
    } catch (error) {
      setState({ busy: false, why: reason(error) });
    }
  };
  return (
    <Dialog
      title={w.revertTitle(version.version)}
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
