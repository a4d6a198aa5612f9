/**
 * How fast frames may go out: a burst, then so many a second. Kept as the moment at which the burst is whole again
 * (GCRA, ITU-T I.371), as the server keeps its own, wider limit (`socket_frames_*` in settings.py).
 */

/** Half of what the server takes (60 at once, 20 a second): the rest is for what cannot wait, and for late clocks. */
export const BURST = 30;
export const PER_SECOND = 10;

const INTERVAL_MS = 1_000 / PER_SECOND;
/** Sums of thirds and tenths are not exact; a thousandth of a millisecond is nothing. */
const ROUNDING_MS = 0.001;

export class Pace {
  private wholeAt = 0;

  /** A new line: nothing has been sent on it. */
  reset(): void {
    this.wholeAt = 0;
  }

  /** Milliseconds until another frame may go; 0 for at once. `now` is monotonic. */
  wait(now: number): number {
    const after = Math.max(this.wholeAt, now) + INTERVAL_MS;
    const early = after - now - BURST * INTERVAL_MS;
    return early <= ROUNDING_MS ? 0 : early;
  }

  /** A frame goes out, also one that did not wait. */
  spend(now: number): void {
    this.wholeAt = Math.max(this.wholeAt, now) + INTERVAL_MS;
  }
}
