/** Long-polling over HTTP with the frames of the WebSocket, where that is blocked. */
import { type Api, Problem } from './api';
import { CLOSED_ABNORMALLY, type Dial, type Line, type LineListener } from './connection';
import { type ClientFrame, CloseCode, type Resume, type ServerFrame } from './frames';

const POLL_WAIT_MS = 25_000;

/** Long-polling: `pollPath` waits for frames after the cursor, `framesPath` takes one command at a time, in order. */
export function longPoll(api: Api, pollPath: string, framesPath: string): Dial {
  return (listener, cursor) => new PollLine(api, pollPath, framesPath, listener, cursor);
}

interface Frames {
  frames: ServerFrame[];
}

class PollLine implements Line {
  private readonly aborter = new AbortController();
  private commands: Promise<void> = Promise.resolve();

  constructor(
    private readonly api: Api,
    private readonly pollPath: string,
    private readonly framesPath: string,
    private readonly listener: LineListener,
    private readonly cursor: () => Resume,
  ) {
    void this.listen();
  }

  send(frame: ClientFrame): void {
    // the poll itself says who we are and what we hold
    if (frame.t === 'hello' || frame.t === 'resume' || frame.t === 'pong') return;
    this.commands = this.commands.then(() => this.command(frame));
  }

  close(): void {
    this.aborter.abort();
  }

  private async listen(): Promise<void> {
    try {
      this.hear(await this.poll(0), true);
      while (!this.aborter.signal.aborted) this.hear(await this.poll(POLL_WAIT_MS), false);
    } catch (error) {
      if (!this.aborter.signal.aborted) this.fail(error);
    }
  }

  private async poll(waitMs: number): Promise<ServerFrame[]> {
    const body = { resume: this.cursor(), wait_ms: waitMs };
    const { frames } = await this.api.post<Frames>(this.pollPath, body, { signal: this.aborter.signal });
    return frames;
  }

  private async command(frame: ClientFrame): Promise<void> {
    try {
      const { frames } = await this.api.post<Frames>(this.framesPath, frame, { signal: this.aborter.signal });
      this.hear(frames, false);
    } catch (error) {
      if (error instanceof Problem) this.hear([refusal(error, frame)], false);
      // else the network failed: the poll notices too, and what matters is sent again
    }
  }

  private hear(frames: readonly ServerFrame[], first: boolean): void {
    if (this.aborter.signal.aborted) return;
    if (first) this.listener.opened();
    for (const frame of frames) this.listener.frame(frame);
    // an answer without news still is a sign of life
    if (frames.length === 0) this.listener.frame({ t: 'ping' });
  }

  private fail(error: unknown): void {
    this.aborter.abort();
    if (!(error instanceof Problem)) this.listener.closed(CLOSED_ABNORMALLY, '');
    else if (error.status === 401) this.listener.closed(CloseCode.UNAUTHORISED, '');
    else if (error.retryAfterMs !== null) this.listener.closed(CloseCode.RESTART, `retry_after_ms=${error.retryAfterMs}`);
    else this.listener.closed(CLOSED_ABNORMALLY, '');
  }
}

function refusal(problem: Problem, frame: ClientFrame): ServerFrame {
  const cid = 'cid' in frame ? frame.cid : null;
  return { t: 'error', code: problem.code, text: problem.message, cid, retry_after_ms: problem.retryAfterMs, final: problem.final };
}
