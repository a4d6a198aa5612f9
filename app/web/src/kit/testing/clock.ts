/** A clock that moves when told, and chance from a seed: for tests. */
import type { Clock, Random } from '../clock';

interface Timer {
  at: number;
  order: number;
  act: () => void;
}

export class ManualClock implements Clock {
  private time = 0;
  private orders = 0;
  private timers: Timer[] = [];

  now(): number {
    return 1_700_000_000_000 + this.time;
  }

  monotonic(): number {
    return this.time;
  }

  after(milliseconds: number, act: () => void): () => void {
    const timer = { at: this.time + milliseconds, order: (this.orders += 1), act };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Runs everything due within `milliseconds`, in order. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (let next = this.next(end); next !== undefined; next = this.next(end)) {
      this.timers = this.timers.filter((timer) => timer !== next);
      this.time = next.at;
      next.act();
    }
    this.time = end;
  }

  private next(end: number): Timer | undefined {
    const due = this.timers.filter(({ at }) => at <= end);
    return due.sort((one, other) => one.at - other.at || one.order - other.order)[0];
  }
}

/** A small generator (mulberry32): the same seed, the same run. */
export function seeded(seed: number): Random {
  let state = seed;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const digit = (): string => Math.floor(fraction() * 16).toString(16);
  return { fraction, hex: (bytes) => Array.from({ length: bytes * 2 }, digit).join('') };
}
