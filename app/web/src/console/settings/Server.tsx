import { useEffect, useState } from 'preact/hooks';
import type { Alert, BackupRun } from '../../kit/frames';
import { fullTime } from '../../kit/dates';
import { htmlLang, language } from '../../kit/i18n';
import { Badge } from '../../kit/ui/Badge';
import { Banner } from '../../kit/ui/Banner';
import { Button } from '../../kit/ui/Button';
import { Card } from '../../kit/ui/Card';
import { Empty, Failure } from '../../kit/ui/Empty';
import { Progress } from '../../kit/ui/Progress';
import { Skeleton } from '../../kit/ui/Skeleton';
import { Table } from '../../kit/ui/Table';
import { amount } from '../amounts';
import { Examination } from './Examination';
import type { Machine } from '../entry/MachinePanel';
import { useDesk } from '../state/desk';
import { reason } from '../state/session';
import { t as shared } from '../words';
import { t } from './serverWords';

const PATH = 'api/v1/server';
const MINUTE_MS = 60_000;

interface Archive {
  readonly path: string;
  readonly made_at: number;
  readonly bytes: number;
  readonly state: 'sound' | 'made' | 'damaged';
}

interface Backups {
  readonly folder: string;
  readonly next_at: number | null;
  readonly every_hours: number;
  readonly archives: readonly Archive[];
  readonly run: BackupRun | null;
}

interface Setting {
  readonly key: string;
  readonly value: string;
  readonly origin: string;
  readonly en: string;
  readonly zh: string;
}

interface ServerFacts {
  readonly version: string;
  readonly installed_as: string;
  readonly development: boolean;
  readonly began_at: number;
  readonly data: string;
  readonly connections: number;
  readonly memory_bytes: number;
  readonly memory_bytes_max: number;
  readonly machine: Machine;
  readonly backups: Backups;
  readonly settings: readonly Setting[];
  readonly alerts: readonly Alert[];
}

/** How the server stands, for its administrators. It is looked at when the page opens and when the line tells of it. */
export function Server() {
  const desk = useDesk();
  const w = t();
  const [facts, setFacts] = useState<ServerFacts | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const load = async (): Promise<void> => {
    try {
      setFacts(await desk.api.get<ServerFacts>(PATH));
      setFailed(null);
    } catch (error) {
      setFailed(reason(error));
    }
  };
  const { alerts, backup } = desk.server;
  const running = backup.value?.state === 'running';
  useEffect(() => void load(), [alerts.value, running]);
  return (
    <>
      <div class="settings-title">
        <h2>{shared().server}</h2>
        <span class="end">
          <Button icon="refresh" onPress={() => void load()}>
            {w.refresh}
          </Button>
        </span>
      </div>
      {failed !== null && (
        <Card>
          <Failure
            title={shared().loadFailed}
            reason={failed}
            retry={
              <Button size="s" icon="refresh" onPress={() => void load()}>
                {shared().retry}
              </Button>
            }
          />
        </Card>
      )}
      {facts === null && failed === null && (
        <Card>
          <Skeleton label={shared().loading} />
        </Card>
      )}
      {facts && (
        <>
          <Needs alerts={facts.alerts} />
          <Standing facts={facts} />
          <Examination />
          <BackupCard backups={facts.backups} onBegun={load} />
          <Tuned settings={facts.settings} />
        </>
      )}
    </>
  );
}

const TONES = { info: 'info', warning: 'warn', danger: 'danger' } as const;
const ICONS = { info: 'info', warning: 'warn', danger: 'stop' } as const;

/** Everything that needs somebody, also what was put away above the desk. */
function Needs({ alerts }: { alerts: readonly Alert[] }) {
  const w = t();
  return (
    <Card title={w.needsYou}>
      <div class="card-body">
        {alerts.length === 0 && (
          <Banner tone="ok" icon="check">
            {w.allWell}
          </Banner>
        )}
        {alerts.map((alert) => (
          <Banner key={alert.code + alert.en} tone={TONES[alert.level]} icon={ICONS[alert.level]}>
            {alert[language.value]}
          </Banner>
        ))}
      </div>
    </Card>
  );
}

function Standing({ facts }: { facts: ServerFacts }) {
  const desk = useDesk();
  const w = t();
  const { machine } = facts;
  const number = new Intl.NumberFormat(htmlLang(language.value));
  const minutes = Math.max(0, Math.floor((desk.now.value - facts.began_at) / MINUTE_MS));
  const lasts = w.lasts(Math.floor(minutes / 1_440), Math.floor(minutes / 60) % 24, minutes % 60);
  const rows: readonly (readonly [string, string, string?])[] = [
    [w.version, facts.version, facts.development ? w.development : ''],
    [w.installed, w.kinds[facts.installed_as] ?? facts.installed_as],
    [w.uptime, lasts, w.since(fullTime(facts.began_at, language.value))],
    [w.data, facts.data],
    [w.connections, w.ofMost(number.format(facts.connections), number.format(machine.connections_max))],
    [
      w.memory,
      w.memoryOf(amount(facts.memory_bytes), amount(facts.memory_bytes_max)),
      machine.memory_limited ? w.limited : '',
    ],
    [w.processorsName, w.processors(machine.processors)],
    [
      w.disk,
      w.diskFree(amount(machine.disk_free_bytes), amount(machine.disk_total_bytes)),
      w.disks[machine.disk_kind] ?? machine.disk_kind,
    ],
  ];
  return (
    <Card title={w.server}>
      <div class="card-body">
        <dl class="about-facts">
          {rows.map(([name, value, note]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="num">
                {value}
                {note && <span class="small t3"> · {note}</span>}
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </Card>
  );
}

/** The archives that are there, and one more at the owner's word. How far it is comes by the line. */
function BackupCard({ backups, onBegun }: { backups: Backups; onBegun: () => Promise<void> }) {
  const desk = useDesk();
  const w = t();
  const may = desk.may('server.manage');
  const run = desk.server.backup.value ?? backups.run;
  const running = run?.state === 'running';
  const [began, setBegan] = useState<number | null>(null);
  useEffect(() => {
    if (!run || running || run.began_at !== began) return;
    setBegan(null);
    if (run.state === 'done') desk.say(w.done); // why one failed stands below until the next one
  }, [run?.state, began]);
  const begin = async (): Promise<void> => {
    try {
      const answer = await desk.api.post<{ run: BackupRun }>(`${PATH}/backups`);
      desk.server.begun(answer.run);
      setBegan(answer.run.began_at);
      await onBegun();
    } catch (error) {
      desk.say(reason(error));
    }
  };
  const next = backups.next_at === null ? w.none : w.next(fullTime(backups.next_at, language.value));
  return (
    <Card
      title={w.backups}
      action={
        <Button
          icon="down-tray"
          busy={running}
          disabled={!may || running}
          reason={may ? undefined : w.ownerOnly}
          onPress={() => void begin()}
        >
          {running ? w.backingUp : w.backUp}
        </Button>
      }
    >
      <div class="card-body">
        <div class="prose">
          <p>{next}</p>
          <p class="t2">{w.folder}</p>
        </div>
        <code class="snippet">{backups.folder}</code>
        {running && (
          <div class="server-run">
            <Progress done={run.share} label={w.backingUp} />
            <span class="small t3 num">{w.copied(Math.round(run.share * 100))}</span>
          </div>
        )}
        {run?.state === 'failed' && (
          <Banner tone="warn" icon="warn">
            {w.failed(run[language.value])}
          </Banner>
        )}
      </div>
      <Archives backups={backups} />
    </Card>
  );
}

const STATE_TONES = { sound: 'ok', made: undefined, damaged: 'danger' } as const;

function Archives({ backups: { archives, next_at } }: { backups: Backups }) {
  const w = t();
  if (archives.length === 0)
    return (
      <Empty icon="down-tray" title={w.noArchives}>
        {next_at === null ? w.noArchivesNever : w.noArchivesNext}
      </Empty>
    );
  return (
    <Table fold label={w.backups} head={[w.made, w.size, w.checked]}>
      {archives.map(({ path, made_at, bytes, state }) => {
        const tone = STATE_TONES[state];
        return (
          <tr key={path}>
            <td class="mid num" title={path}>
              {fullTime(made_at, language.value)}
            </td>
            <td class="num t2">{amount(bytes)}</td>
            <td>{tone ? <Badge tone={tone}>{w.states[state]}</Badge> : <span class="t3">{w.states[state]}</span>}</td>
          </tr>
        );
      })}
    </Table>
  );
}

/** As `monodesk config explain`, without what is as it comes. */
function Tuned({ settings }: { settings: readonly Setting[] }) {
  const w = t();
  return (
    <Card title={w.settings} note={w.settingsNote}>
      {settings.length === 0 ? (
        <div class="card-body">
          <p class="t2">{w.noSettings}</p>
        </div>
      ) : (
        <Table fold label={w.settings} head={[w.key, w.why, w.value]}>
          {settings.map((setting) => (
            <tr key={setting.key}>
              <td class="server-key">{setting.key}</td>
              <td class="t2">
                {setting.origin === 'tuned' ? setting[language.value] : (w.origins[setting.origin] ?? setting.origin)}
              </td>
              <td class="num mid">{setting.value}</td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}
