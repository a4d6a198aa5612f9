/** What the widget keeps over the pages of a site, in the page's own storage: how it stood and looked, never who. */

import type { Invitation } from '../kit/inbox';

export interface Look {
  color: string;
  ink: string;
  left: boolean;
  label: string;
  invitation: string;
  seconds: number;
  rules: readonly Rule[];
  open: boolean;
  pause: number;
}

/** An invitation as the desk tells it. */
export type Rule = Pick<Invitation, 'id' | 'text' | 'page' | 'seconds' | 'event' | 'who' | 'when'>;

export class Kept {
  constructor(private readonly inbox: string) {}

  get open(): boolean {
    return this.read(() => sessionStorage, 'open') === '1';
  }

  set open(open: boolean) {
    this.write(() => sessionStorage, 'open', open ? '1' : '0');
  }

  get unread(): number {
    return Number(this.read(() => sessionStorage, 'unread')) || 0;
  }

  set unread(count: number) {
    this.write(() => sessionStorage, 'unread', String(count));
  }

  /** The visitor is to be forgotten, which the frame has not done yet: a page may be left before it has. */
  get leaving(): boolean {
    return this.read(() => sessionStorage, 'leaving') === '1';
  }

  set leaving(leaving: boolean) {
    this.write(() => sessionStorage, 'leaving', leaving ? '1' : '0');
  }

  /** The invitation was dismissed, or followed: it does not come again in this browser. */
  get invited(): boolean {
    return this.read(() => localStorage, 'invited') === '1';
  }

  set invited(done: boolean) {
    this.write(() => localStorage, 'invited', done ? '1' : '0');
  }

  /** Whether no invitation was shown for so many hours. */
  rested(hours: number, now: number): boolean {
    return now - Number(this.read(() => localStorage, 'shown')) > hours * 3_600_000;
  }

  showed(now: number): void {
    this.write(() => localStorage, 'shown', String(now));
  }

  /** Whether he was here before: counted once for each time that the browser's window is opened. */
  back(): boolean {
    const visits = Number(this.read(() => localStorage, 'visits'));
    if (this.read(() => sessionStorage, 'here') === '1') return visits > 1;
    this.write(() => sessionStorage, 'here', '1');
    this.write(() => localStorage, 'visits', String(visits + 1));
    return visits > 0;
  }

  /** As the desk last told it, so that the next page draws it right at once. */
  get look(): Look | null {
    try {
      return lookOf(JSON.parse(this.read(() => sessionStorage, 'look')));
    } catch {
      return null;
    }
  }

  set look(look: Look | null) {
    this.write(() => sessionStorage, 'look', JSON.stringify(look));
  }

  private read(storage: () => Storage, name: string): string {
    try {
      return storage().getItem(`monodesk.${name}.${this.inbox}`) ?? '';
    } catch {
      return '';
    }
  }

  private write(storage: () => Storage, name: string, value: string): void {
    try {
      storage().setItem(`monodesk.${name}.${this.inbox}`, value);
    } catch {
      // refused: the next page begins anew
    }
  }
}

/** A look as it may be drawn: colours are colours and nothing else. */
export function lookOf(told: unknown): Look | null {
  if (typeof told !== 'object' || told === null) return null;
  const { color, ink, left, label, invitation, seconds, rules, open, pause } = told as Record<string, unknown>;
  const painted = /^#[0-9a-f]{6}$/i.test(String(color)) && (ink === 'black' || ink === 'white');
  return {
    color: painted ? String(color) : '',
    ink: painted ? String(ink) : '',
    left: left === true,
    label: typeof label === 'string' ? label : '',
    invitation: typeof invitation === 'string' ? invitation : '',
    seconds: typeof seconds === 'number' && seconds >= 0 ? seconds : 0,
    rules: Array.isArray(rules) ? (rules as Rule[]) : [],
    open: open === true,
    pause: Number(pause) || 0,
  };
}
