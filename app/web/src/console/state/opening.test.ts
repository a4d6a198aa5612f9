import '../../kit/testing/browser';
import { describe, expect, it } from 'vitest';
import type { Api } from '../../kit/api';
import { ManualClock } from '../../kit/testing/clock';
import { ME } from '../testing';
import { Lists } from './lists';
import { LINE_AWAITED_MS, Opening } from './opening';
import { People } from './people';

/** A desk's fetches over a server that answers at once; `paths`: what it was asked. */
function opened() {
  const paths: string[] = [];
  const get = (path: string): Promise<unknown> => {
    paths.push(path.replace(/\?.*/u, '').replace('api/v1/', ''));
    return Promise.resolve({ conversations: [], next: null, counts: { mine: 0, unassigned: 0, all: 0 }, agents: [], teams: [], inboxes: [], unseen: [] });
  };
  const api = { get } as unknown as Api;
  const clock = new ManualClock();
  const lists = new Lists(api, ME, () => null);
  const people = new People(api, clock, ME);
  const opening = new Opening(clock, () => void Promise.all([lists.refresh(), people.load(), lists.loadMentions()]));
  opening.start();
  return { opening, clock, paths };
}

const EACH = ['agents', 'conversations', 'inboxes', 'mentions', 'teams'];

describe('what a desk shows is fetched', () => {
  it('each once where the line comes soon', () => {
    const { opening, clock, paths } = opened();
    expect(paths).toEqual([]);
    opening.live(true);
    clock.advance(LINE_AWAITED_MS * 10);
    expect(paths.sort()).toEqual(EACH);
  });

  it('without a line that does not come, and again when it is there', () => {
    const { opening, clock, paths } = opened();
    clock.advance(LINE_AWAITED_MS);
    expect(paths.splice(0).sort()).toEqual(EACH);
    opening.live(true);
    expect(paths.sort()).toEqual(EACH);
  });

  it('at once where the line fails, and not again for each failure', () => {
    const { opening, clock, paths } = opened();
    opening.away();
    opening.away();
    clock.advance(LINE_AWAITED_MS);
    expect(paths.sort()).toEqual(EACH);
  });

  it('not again where the line goes on from where it was', () => {
    const { opening, paths } = opened();
    opening.live(true);
    paths.splice(0);
    opening.away();
    opening.live(false);
    expect(paths).toEqual([]);
  });

  it('by nobody who has gone', () => {
    const { opening, clock, paths } = opened();
    opening.stop();
    opening.away();
    clock.advance(LINE_AWAITED_MS);
    expect(paths).toEqual([]);
  });
});
