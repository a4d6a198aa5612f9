import { useState } from 'preact/hooks';
import { fullTime } from '../../kit/dates';
import { language } from '../../kit/i18n';
import { Badge, Count } from '../../kit/ui/Badge';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Dialog } from '../../kit/ui/Dialog';
import { Empty, Failure } from '../../kit/ui/Empty';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Source as Glyph } from '../../kit/ui/Source';
import { Tabs } from '../../kit/ui/Tabs';
import { copy } from '../clipboard';
import { type Desk, useDesk } from '../state/desk';
import { reason } from '../state/session';
import { shortTime } from '../times';
import { t as common } from '../words';
import { BackToAll } from './AddSource';
import { DriftTab } from './DriftTab';
import { LetterTab } from './LetterTab';
import { MapTab } from './MapTab';
import { PresetForm } from './PresetForm';
import { RunTab } from './RunTab';
import { type Preset, type SourceDetail, isOfForm } from './model';
import { usePolled } from './polled';
import { duration, figure, said, toneOf } from './said';
import { t } from './words';

type Tab = 'map' | 'runs' | 'letters' | 'drift' | 'settings';
const SELDOM_MS = 600_000;

/** One data source: how it is, what it did, what it could not do, what its map makes of what comes. */
export function SourcePage({ name }: { name: string }) {
  const desk = useDesk();
  const w = t();
  const { answer: detail, why, again } = usePolled<SourceDetail>(desk, `api/v1/sources/${name}`);
  const [tab, setTab] = useState<Tab | null>(null);
  const shown = tab ?? (detail !== null && detail.letters > 0 ? 'letters' : 'map');
  return (
    <div class="systems-stack">
      <BackToAll />
      {detail === null ? (
        <Card>
          {why === '' ? (
            <Skeleton label={common().loading} rows={4} />
          ) : (
            <Failure
              title={w.oneFailed}
              reason={why}
              retry={
                <Button size="s" icon="refresh" onPress={again}>
                  {common().retry}
                </Button>
              }
            />
          )}
        </Card>
      ) : (
        <>
          <Head desk={desk} detail={detail} onChanged={again} />
          <Tabs
            label={w.details}
            tabs={(['map', 'runs', 'letters', 'drift', ...(isOfForm(detail) ? (['settings'] as const) : [])] as const).map((key) => ({
              key,
              label: (
                <>
                  {w.tabs[key]}
                  {key === 'letters' && detail.letters > 0 && <Count value={detail.letters} unread />}
                  {key === 'drift' && detail.drift.length > 0 && <Count value={detail.drift.length} />}
                </>
              ),
            }))}
            chosen={shown}
            onChoose={setTab}
          />
          {shown === 'map' && <MapTab detail={detail} onSaved={again} />}
          {shown === 'runs' && <RunTab detail={detail} />}
          {shown === 'letters' && <LetterTab detail={detail} onChanged={again} />}
          {shown === 'drift' && <DriftTab detail={detail} />}
          {shown === 'settings' && <SettingsTab detail={detail} onSaved={again} />}
        </>
      )}
    </div>
  );
}

function Head({ desk, detail, onChanged }: { desk: Desk; detail: SourceDetail; onChanged: () => void }) {
  const w = t();
  const [removing, setRemoving] = useState(false);
  const act = async (verb: string, body: object, told: string): Promise<void> => {
    try {
      await desk.api.post(`api/v1/sources/${detail.name}/${verb}`, body);
      if (told !== '') desk.say(told);
      onChanged();
    } catch (error) {
      desk.say(reason(error));
    }
  };
  return (
    <Card>
      <div class="source-head">
        <span aria-hidden="true">
          <Glyph id={detail.system} name={said(detail.title)} />
        </span>
        <div class="grow">
          <h2 class="head-name">{said(detail.title)}</h2>
          <div class="small t3">{[detail.name, w.origins[detail.origin], w.to[detail.to] ?? detail.to].join(' · ')}</div>
        </div>
        <Badge tone={toneOf(detail)}>{w.states[detail.state]}</Badge>
        <span class="row wrap source-acts">
          {detail.editable && (
            <Button icon={detail.enabled ? 'pause' : 'play'} onPress={() => void act('enabled', { enabled: !detail.enabled }, '')}>
              {detail.enabled ? w.pause : w.resume}
            </Button>
          )}
          {detail.enabled && (detail.origin === 'call' || detail.origin === 'folder') && (
            <Button icon="refresh" onPress={() => void act('run', {}, w.readSaid)}>
              {w.readNow}
            </Button>
          )}
          {detail.editable && <Button onPress={() => setRemoving(true)}>{w.remove}</Button>}
        </span>
      </div>
      {detail.code !== '' && (
        <div class="card-body">
          <Banner tone={detail.state === 'down' ? 'danger' : 'warn'} icon="warn">
            {said(detail)}
          </Banner>
        </div>
      )}
      <Facts desk={desk} detail={detail} />
      {detail.address !== '' && <Address desk={desk} path={detail.address} />}
      {removing && <Removing desk={desk} detail={detail} onClose={() => setRemoving(false)} />}
    </Card>
  );
}

function Facts({ desk, detail }: { desk: Desk; detail: SourceDetail }) {
  const w = t().facts;
  const { counts } = detail;
  const moment = (at: number) => (at === 0 ? t().never : shortTime(at, desk.now.value));
  const facts: readonly (readonly [string, string, string?])[] = [
    [w.fetched, figure(counts.fetched)],
    [w.stored, figure(counts.stored)],
    [w.skipped, figure(counts.skipped)],
    [w.failed, figure(detail.letters)],
    [w.rate, figure(detail.rate_per_minute)],
    [w.lag, duration(detail.lag_seconds)],
    ...(detail.origin === 'call' ? [[w.until, moment(detail.read_until), whole(detail.read_until)] as const] : []),
    [w.seen, moment(detail.held_at), whole(detail.held_at)],
  ];
  return (
    <dl class="source-facts">
      {facts.map(([name, value, title]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="num" title={title}>
            {value}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function whole(at: number): string {
  return at === 0 ? '' : fullTime(at, language.value);
}

/** What the other system has to be told. */
function Address({ desk, path }: { desk: Desk; path: string }) {
  const w = t();
  const [copied, setCopied] = useState(false);
  const address = new URL(path, desk.me.public_url || window.location.origin).href;
  return (
    <div class="card-body">
      <div class="snippet-box">
        <span class="small t2">{w.address}</span>
        <div class="row wrap">
          <code class="snippet grow" tabIndex={0} aria-label={w.address}>
            {address}
          </code>
          <Button icon={copied ? 'check' : 'copy'} onPress={() => void copy(address).then(setCopied)}>
            {copied ? w.copied : w.copy}
          </Button>
        </div>
      </div>
    </div>
  );
}

function Removing({ desk, detail, onClose }: { desk: Desk; detail: SourceDetail; onClose: () => void }) {
  const w = t();
  const [why, setWhy] = useState('');
  const remove = async (records: 'keep' | 'forget'): Promise<void> => {
    try {
      await desk.api.delete(`api/v1/sources/${detail.system}?records=${records}`);
      desk.say(w.removed);
      desk.router.go('settings/sources');
    } catch (error) {
      setWhy(reason(error));
    }
  };
  return (
    <Dialog
      title={w.removeTitle(said(detail.title))}
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{common().cancel}</Button>
          <Button kind="harm" onPress={() => void remove('keep')}>
            {w.removeKeep}
          </Button>
          <Button kind="harm-prime" onPress={() => void remove('forget')}>
            {w.removeForget}
          </Button>
        </>
      }
    >
      <p class="body">{w.removeWhat}</p>
      {why !== '' && (
        <p class="hint bad" role="alert">
          {why}
        </p>
      )}
    </Dialog>
  );
}

/** What its preset asked for, to be answered otherwise. */
function SettingsTab({ detail, onSaved }: { detail: SourceDetail; onSaved: () => void }) {
  const desk = useDesk();
  const w = t();
  const { answer, why, again } = usePolled<{ presets: readonly Preset[] }>(desk, 'api/v1/presets', SELDOM_MS);
  const preset = answer?.presets.find(({ name }) => name === detail.preset);
  const saved = (): void => {
    desk.say(w.used);
    onSaved();
  };
  return (
    <Card>
      {preset !== undefined ? (
        <PresetForm key={detail.yaml} preset={preset} held={detail} taken={new Set()} onSaved={saved} />
      ) : why !== '' ? (
        <Failure
          title={w.presetsFailed}
          reason={why}
          retry={
            <Button size="s" icon="refresh" onPress={again}>
              {common().retry}
            </Button>
          }
        />
      ) : answer === null ? (
        <Skeleton label={common().loading} rows={3} face={false} />
      ) : (
        <Empty icon="plug" title={w.gone}>
          {w.goneNext}
        </Empty>
      )}
    </Card>
  );
}
