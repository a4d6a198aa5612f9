/** What the server tells its administrators of itself: what needs somebody now, and how a backup goes. */
import { computed, signal } from '@preact/signals';
import type { Alert, BackupRun, ServerNews } from '../../kit/frames';

/** While it lasts it is told, whatever was put away: the desk is worse for everybody. */
const STAYS: ReadonlySet<string> = new Set(['memory_short']);

interface PutAway {
  readonly day: string;
  readonly codes: readonly string[];
}

export class ServerState {
  readonly alerts = signal<readonly Alert[]>([]);
  readonly backup = signal<BackupRun | null>(null);
  private readonly away = signal<PutAway>({ day: '', codes: [] });
  /** What has not been put away today, the worst first. */
  readonly standing = computed(() => {
    const { codes } = this.away.value;
    return this.alerts.value.filter((alert) => !canBePutAway(alert) || !codes.includes(alert.code));
  });
  /** The one that stands above the desk. */
  readonly shown = computed(() => this.standing.value[0] ?? null);

  /** What was put away is kept under the agent's name on this device. */
  constructor(
    agent: string,
    private readonly shelf: Pick<Storage, 'getItem' | 'setItem'> | null,
    private readonly today: () => string = () => new Date().toDateString(),
  ) {
    this.place = `monodesk.alerts.${agent}`;
    this.away.value = this.recalled();
  }

  private readonly place: string;

  /** Replaces what was told before. What was put away on another day is told again. */
  receive({ alerts = [], backup = null }: ServerNews): void {
    if (this.away.value.day !== this.today()) this.away.value = this.recalled();
    this.alerts.value = alerts;
    this.backup.value = backup;
  }

  /** The answer to who had one made: the line may have told of its end before. */
  begun(run: BackupRun): void {
    if ((this.backup.value?.began_at ?? 0) < run.began_at) this.backup.value = run;
  }

  /** Not again today. */
  putAway({ code }: Alert): void {
    const { day, codes } = this.recalled();
    this.away.value = { day, codes: [...codes, code] };
    try {
      this.shelf?.setItem(this.place, JSON.stringify(this.away.value));
    } catch {
      // a full shelf: then it holds until the page is loaded again
    }
  }

  private recalled(): PutAway {
    const day = this.today();
    const held = this.away.value;
    if (held.day === day) return held;
    try {
      const kept = JSON.parse(this.shelf?.getItem(this.place) ?? 'null') as PutAway | null;
      if (kept?.day === day && Array.isArray(kept.codes)) return kept;
    } catch {
      // not ours
    }
    return { day, codes: [] };
  }
}

/** What is broken now stays in sight until it is mended. */
export function canBePutAway({ code, level }: Alert): boolean {
  return level !== 'danger' && !STAYS.has(code);
}
