/**
 * The life of the line to the server: dial, hello, silence, close codes, back-off, and long-polling where WebSocket is
 * blocked. It knows nothing of conversations.
 */
import type { Cancel, Clock, Random } from './clock';
import { type ClientFrame, CloseCode, type Hello, type Resume, type ServerFrame, type Welcome } from './frames';
import { Pace } from './pace';

/** One open line. */
export interface Line {
  send(frame: ClientFrame): void;
  close(): void;
}

/** What a line reports. `closed` comes once, whoever closed it and whether or not it ever opened. */
export interface LineListener {
  opened(): void;
  frame(frame: ServerFrame): void;
  closed(code: number, reason: string): void;
}

/** A way to the server. `cursor` is for the one that asks again and again. */
export type Dial = (listener: LineListener, cursor: () => Resume) => Line;

/** What the person may be told: `retryAt` in wall-clock milliseconds. */
export type Condition =
  | { state: 'connecting' }
  | { state: 'live'; by: Way }
  | { state: 'waiting'; retryAt: number }
  | { state: 'stopped' };
export type Way = 'socket' | 'poll';

export interface ConnectionListener {
  /** The server knows who we are; `null` where the way has no greeting. */
  welcomed(welcome: Welcome | null): void;
  frame(frame: ServerFrame): void;
  /** The line takes frames again, after it refused one for going too fast. */
  room(): void;
  /** The line is gone; another attempt follows by itself. */
  lost(): void;
  /** Nobody, or no longer anybody: true when new credentials are at hand and another attempt makes sense. */
  unauthorised(): Promise<boolean>;
  condition(condition: Condition): void;
}

/** What a browser says of a line that broke, or never opened (RFC 6455 §7.1.5). */
export const CLOSED_ABNORMALLY = 1006;

const WELCOME_MS_MAX = 10_000;
const SILENCE_MS_MAX = 60_000;
const BACKOFF_MS_MIN = 500;
const BACKOFF_MS_MAX = 30_000;
const ABUSE_MS_MIN = 10_000;
const SOCKET_FAILURES_MAX = 2;
const PROBE_MS_MIN = 10_000;
const PROBE_MS_MAX = 600_000;

export class Connection {
  private line: Line | null = null;
  private way: Way = 'socket';
  private welcomed = false;
  private heardAt = 0;
  private failures = 0;
  private socketFailures = 0;
  private probes = 0;
  private generation = 0;
  private stopped = true;
  private cancelRetry: Cancel = () => undefined;
  private cancelWatch: Cancel = () => undefined;
  private cancelProbe: Cancel = () => undefined;
  private cancelRoom: Cancel | null = null;
  private readonly pace = new Pace();
  private probe: Line | null = null;

  constructor(
    private readonly dials: Readonly<Record<Way, Dial>>,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly hello: () => Hello,
    private readonly cursor: () => Resume,
    private readonly listener: ConnectionListener,
  ) {}

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.abandon();
    this.listener.condition({ state: 'stopped' });
  }

  /** The network is back or the person asks: no more waiting. */
  nudge(): void {
    if (this.stopped || this.line !== null) return;
    this.connect();
  }

  /** The line speaks to somebody else than we took it for: it is given up, and who we are is asked before the next. */
  disown(): void {
    this.closed(CloseCode.UNAUTHORISED, '');
  }

  /**
   * Puts a frame on the line; false when there is none, or when it would go too fast: `room` tells when to try again.
   * A resume does not wait, since nothing is right before it.
   */
  send(frame: ClientFrame): boolean {
    if (this.line === null || !this.welcomed) return false;
    const wait = frame.t === 'resume' ? 0 : this.pace.wait(this.clock.monotonic());
    if (wait > 0) this.tellRoom(wait);
    else this.put(frame);
    return wait === 0;
  }

  private put(frame: ClientFrame): void {
    this.pace.spend(this.clock.monotonic());
    this.line?.send(frame);
  }

  private tellRoom(wait: number): void {
    this.cancelRoom ??= this.clock.after(wait, () => {
      this.cancelRoom = null;
      this.listener.room();
    });
  }

  private connect(): void {
    this.abandon();
    this.way = this.socketFailures < SOCKET_FAILURES_MAX ? 'socket' : 'poll';
    this.listener.condition({ state: 'connecting' });
    const generation = this.generation;
    this.line = this.dials[this.way](this.ears(generation), this.cursor);
    this.watch(generation, WELCOME_MS_MAX);
  }

  /** A line that was replaced speaks to nobody: its generation has passed. */
  private ears(generation: number): LineListener {
    const current = (): boolean => generation === this.generation;
    return {
      opened: () => current() && this.opened(),
      frame: (frame) => current() && this.heard(frame),
      closed: (code, reason) => current() && this.closed(code, reason),
    };
  }

  private opened(): void {
    this.heardAt = this.clock.monotonic();
    if (this.way === 'socket') this.put(this.hello());
    else this.greeted(null);
  }

  private heard(frame: ServerFrame): void {
    this.heardAt = this.clock.monotonic();
    if (frame.t === 'ping') this.put({ t: 'pong' });
    else if (frame.t === 'welcome') this.greeted(frame);
    else this.listener.frame(frame);
  }

  private greeted(welcome: Welcome | null): void {
    const { generation } = this;
    this.welcomed = true;
    if (this.way === 'socket') this.socketFailures = this.probes = 0;
    else this.planProbe();
    this.watch(generation, SILENCE_MS_MAX);
    this.listener.condition({ state: 'live', by: this.way });
    this.listener.welcomed(welcome);
    // a line that was given up for whom it speaks to has not succeeded
    if (generation === this.generation) this.failures = 0;
  }

  private closed(code: number, reason: string): void {
    const greeted = this.welcomed;
    if (!greeted && (code === CLOSED_ABNORMALLY || code === CloseCode.SILENT)) this.blame();
    this.abandon();
    if (this.stopped) return;
    if (greeted) this.listener.lost();
    if (code === CloseCode.UNAUTHORISED) void this.reauthorise();
    else this.wait(this.pause(code, reason, greeted));
  }

  /** Two sockets that never opened are taken for blocked; polling that fails too puts the blame on the network. */
  private blame(): void {
    if (this.way === 'socket') this.socketFailures += 1;
    else this.socketFailures = SOCKET_FAILURES_MAX - 1;
  }

  private async reauthorise(): Promise<void> {
    const generation = this.generation;
    this.listener.condition({ state: 'connecting' });
    const again = await this.listener.unauthorised().catch(() => true);
    if (this.stopped || generation !== this.generation) return;
    if (again) this.wait(this.pause(0, '', false));
    else this.stop();
  }

  private pause(code: number, reason: string, greeted: boolean): number {
    const asked = /retry_after_ms=(\d+)/.exec(reason);
    this.failures += 1;
    if (asked !== null) return Number(asked[1]);
    if (code === CloseCode.OVERFLOW && greeted) return 0;
    const floor = code === CloseCode.ABUSE ? ABUSE_MS_MIN : BACKOFF_MS_MIN;
    const ceiling = Math.min(BACKOFF_MS_MAX, floor * 2 ** Math.min(this.failures - 1, 10));
    return ceiling * (0.5 + this.random.fraction() / 2);
  }

  private wait(milliseconds: number): void {
    this.listener.condition({ state: 'waiting', retryAt: this.clock.now() + milliseconds });
    this.cancelRetry = this.clock.after(milliseconds, () => this.connect());
  }

  /** Closes a line that has said nothing for `allowed` milliseconds; looks again when that could next be true. */
  private watch(generation: number, allowed: number): void {
    this.cancelWatch();
    const since = allowed === SILENCE_MS_MAX ? this.heardAt : this.clock.monotonic();
    const look = (): void => {
      if (generation !== this.generation) return;
      const quiet = this.clock.monotonic() - (allowed === SILENCE_MS_MAX ? this.heardAt : since);
      if (quiet >= allowed) this.closed(CloseCode.SILENT, '');
      else this.cancelWatch = this.clock.after(allowed - quiet, look);
    };
    this.cancelWatch = this.clock.after(allowed, look);
  }

  /** While polling, a socket is tried beside it now and then: the block may be gone. */
  private planProbe(): void {
    this.cancelProbe();
    const delay = Math.min(PROBE_MS_MAX, PROBE_MS_MIN * 6 ** this.probes);
    this.probes = Math.min(this.probes + 1, 4);
    const generation = this.generation;
    this.cancelProbe = this.clock.after(delay, () => {
      if (generation !== this.generation) return;
      const next = (): void => {
        this.probe = null;
        if (generation === this.generation) this.planProbe();
      };
      this.probe = this.dials.socket({ opened: () => this.switchToSocket(generation), frame: () => undefined, closed: next }, this.cursor);
    });
  }

  private switchToSocket(generation: number): void {
    if (generation !== this.generation) return;
    this.socketFailures = 0;
    this.listener.lost();
    this.connect();
  }

  /** Drops the line and every timer; whatever the old line still says is not heard. */
  private abandon(): void {
    this.generation += 1;
    this.cancelRetry();
    this.cancelWatch();
    this.cancelProbe();
    this.cancelRoom?.();
    this.cancelRoom = null;
    this.pace.reset();
    const lines = [this.line, this.probe];
    this.line = this.probe = null;
    this.welcomed = false;
    for (const line of lines) line?.close();
  }
}
