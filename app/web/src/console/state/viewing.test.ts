import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../kit/testing/clock';
import { Viewing } from './viewing';

describe('what this agent looks at', () => {
  let told: string[] = [];
  let clock = new ManualClock();
  let viewing = new Viewing(clock, () => undefined);
  const tell = (conv: string, on: boolean, composing: boolean) => void told.push(`${conv} ${on ? (composing ? 'writes' : 'looks') : 'leaves'}`);
  const said = () => told.splice(0);

  beforeEach(() => {
    told = [];
    clock = new ManualClock();
    viewing = new Viewing(clock, tell);
  });

  it('is told when it changes, and again before it is forgotten', () => {
    viewing.look('one');
    viewing.look('one');
    viewing.look('two');
    expect(said()).toEqual(['one looks', 'one leaves', 'two looks']);
    clock.advance(60_000);
    expect(said()).toEqual(['two looks', 'two looks']);
    viewing.look(null);
    clock.advance(60_000);
    expect(said()).toEqual(['two leaves']);
  });

  it('says that he writes while he does, and not long after', () => {
    viewing.look('one');
    viewing.writes('one', true);
    viewing.writes('one', true);
    viewing.writes('other', true);
    expect(said()).toEqual(['one looks', 'one writes']);
    clock.advance(19_000);
    viewing.writes('one', true);
    clock.advance(19_000);
    expect(said().every((each) => each === 'one writes')).toBe(true);
    clock.advance(2_000);
    expect(said()).toEqual(['one looks']);
    viewing.writes('one', true);
    viewing.writes('one', false);
    expect(said()).toEqual(['one writes', 'one looks']);
  });

  it('shows who looks at this one, and nobody of another or without a line', () => {
    viewing.look('one');
    viewing.receive({ t: 'viewers', conv: 'two', viewers: [{ id: 'b', composing: false }] });
    expect(viewing.viewers.value).toEqual([]);
    viewing.receive({ t: 'viewers', conv: 'one', viewers: [{ id: 'b', composing: true }] });
    expect(viewing.viewers.value).toEqual([{ id: 'b', composing: true }]);
    viewing.lost();
    expect(viewing.viewers.value).toEqual([]);
    said();
    viewing.live();
    expect(said()).toEqual(['one looks']);
  });
});
