/** Time and randomness as values that are passed in, so that tests are exact. */

export type Cancel = () => void;

export interface Clock {
  /** Wall time in milliseconds UTC: for people, never for order. */
  now(): number;
  /** Milliseconds that never go back: for deadlines. */
  monotonic(): number;
  /** Calls `act` once after `milliseconds`, unless cancelled. */
  after(milliseconds: number, act: () => void): Cancel;
}

export interface Random {
  /** From 0 to below 1. */
  fraction(): number;
  /** `bytes` random bytes as hexadecimal digits, fit for a secret. */
  hex(bytes: number): string;
}

/** The browser's own clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(milliseconds, act) {
    const timer = setTimeout(act, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** `crypto.getRandomValues` alone, because `randomUUID` and `subtle` do not exist on plain HTTP. */
export const systemRandom: Random = {
  fraction() {
    const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
    return number / 2 ** 32;
  },
  hex(bytes) {
    const values = crypto.getRandomValues(new Uint8Array(bytes));
    return Array.from(values, (value) => value.toString(16).padStart(2, '0')).join('');
  },
};
