/**
 * When a desk fetches what it shows. What is fetched once the line is live needs no second time, since whatever happens
 * from then on is told; so a line that comes soon is waited for. One that does not come holds nothing up: then it is
 * fetched by itself, and again when the line is there, because nobody told what happened in between.
 */
import type { Cancel, Clock } from '../../kit/clock';

/** A line to a near server is live in a tenth of this; a far one makes nobody wait longer. */
export const LINE_AWAITED_MS = 300;

export class Opening {
  private begun = false;
  private cancel: Cancel = () => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly fetch: () => void,
  ) {}

  start(): void {
    this.cancel = this.clock.after(LINE_AWAITED_MS, () => this.begin());
  }

  stop(): void {
    this.begun = true;
    this.cancel();
  }

  /** `fresh`: resumed from nothing, so that what was fetched before may be out of date. */
  live(fresh: boolean): void {
    if (this.begun && fresh) this.fetch();
    else this.begin();
  }

  /** There is no line for now. */
  away(): void {
    this.begin();
  }

  private begin(): void {
    if (this.begun) return;
    this.begun = true;
    this.cancel();
    this.fetch();
  }
}
