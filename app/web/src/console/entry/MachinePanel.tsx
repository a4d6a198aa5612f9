import { htmlLang, language, words } from '../../kit/i18n';
import { Icon } from '../../kit/ui/Icon';
import type { IconName } from '../../kit/icons/names';
import { amount } from '../amounts';

const GIB = 1_073_741_824;

/** What the server found of its machine at its start (`server.Machine`). */
export interface Machine {
  readonly memory_bytes: number | null;
  readonly memory_limited: boolean;
  readonly processors: number;
  readonly disk_kind: string;
  readonly disk_total_bytes: number;
  readonly disk_free_bytes: number;
  readonly connections_max: number;
  readonly files_bytes_max: number;
  readonly tuned: boolean;
}

const t = words({
  en: {
    title: 'This machine',
    tuned: 'It was measured at the start, and the server is tuned to it. To measure again:',
    usual: 'The usual settings hold here (tune = false). To see what the machine gives:',
    people: 'visitors and agents at the same time',
    peopleWhy: 'more are asked to come back later',
    files: 'for files, at most',
    filesWhy: 'limits.files_bytes_max',
    memory: 'Memory',
    unread: 'could not be read',
    limited: 'a limit set for this server',
    processors: 'Processors',
    cores: (count: number) => (count === 1 ? '1 core' : `${count} cores`),
    disk: 'Disk',
    free: (free: string, total: string) => `${free} free of ${total}`,
    kinds: {
      rotational: 'rotational: answers come a little later when much is written',
      network: 'on a network: best is a disk of the machine’s own',
      overlay: 'a container’s layer: it goes with the container, so mount a volume',
      memory: 'memory: all is lost when the machine is switched off',
    } as Record<string, string>,
    small: 'Little room is left. Messages need little, files and backups much.',
  },
  zh: {
    title: '这台机器',
    tuned: '启动时量过，参数已按它调好。再量一次：',
    usual: '这里使用默认参数（tune = false）。查看机器配置：',
    people: '访客和客服同时在线，最多',
    peopleWhy: '再多的会被请稍后再来',
    files: '文件最多占用',
    filesWhy: 'limits.files_bytes_max',
    memory: '内存',
    unread: '无法读取',
    limited: '专为本服务设的上限',
    processors: '处理器',
    cores: (count) => `${count} 核`,
    disk: '磁盘',
    free: (free, total) => `剩余 ${free}，共 ${total}`,
    kinds: {
      rotational: '机械硬盘：写入多时回执会稍慢',
      network: '网络存储：最好用本机磁盘',
      overlay: '容器层：会随容器消失，请挂载卷',
      memory: '内存盘：关机后数据全部丢失',
    },
    small: '剩余空间不多。消息占用很少，文件和备份占用较多。',
  },
});

/** Beside the questions of the set-up: what the machine gives, and what it was tuned for, in plain words. */
export function MachinePanel({ machine }: { machine: Machine }) {
  const w = t();
  const number = new Intl.NumberFormat(htmlLang(language.value));
  const rows: readonly (readonly [IconName, string, string, string])[] = [
    [
      'chip',
      w.memory,
      machine.memory_bytes === null ? w.unread : amount(machine.memory_bytes),
      machine.memory_limited ? w.limited : '',
    ],
    ['gear', w.processors, w.cores(machine.processors), ''],
    [
      'disk',
      w.disk,
      w.free(amount(machine.disk_free_bytes), amount(machine.disk_total_bytes)),
      w.kinds[machine.disk_kind] ?? (machine.disk_free_bytes < GIB ? w.small : ''),
    ],
  ];
  return (
    <>
      <div>
        <h2>{w.title}</h2>
        <p class="body t2">{machine.tuned ? w.tuned : w.usual}</p>
        <code class="snippet">monodesk probe</code>
      </div>
      <dl class="holds">
        <div>
          <dt class="small t3">{w.people}</dt>
          <dd class="num">{number.format(machine.connections_max)}</dd>
          <dd class="small t3">{w.peopleWhy}</dd>
        </div>
        <div>
          <dt class="small t3">{w.files}</dt>
          <dd class="num">{amount(Math.min(machine.files_bytes_max, machine.disk_free_bytes))}</dd>
          <dd class="small t3">{w.filesWhy}</dd>
        </div>
      </dl>
      <dl class="found">
        {rows.map(([icon, name, value, note]) => (
          <div key={name}>
            <dt>
              <Icon name={icon} />
              {name}
            </dt>
            <dd class="num">
              {value}
              {note && <span class="small t3"> · {note}</span>}
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}
