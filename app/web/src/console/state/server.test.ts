import '../../kit/testing/browser';
import { expect, it } from 'vitest';
import type { Alert } from '../../kit/frames';
import { ServerState } from './server';

function shelf(): Pick<Storage, 'getItem' | 'setItem'> {
  const held = new Map<string, string>();
  return { getItem: (key) => held.get(key) ?? null, setItem: (key, value) => void held.set(key, value) };
}

function alert(code: string, level: Alert['level']): Alert {
  return { code, level, en: `${code}.`, zh: `${code}。` };
}

const LATE = alert('backup_old', 'warning');
const FULL = alert('disk_full', 'danger');
const SHORT = alert('memory_short', 'warning');

it('shows the worst that the server names, and nothing once it names nothing', () => {
  const state = new ServerState('ann', shelf());
  state.receive({ t: 'server', alerts: [FULL, LATE] });
  expect(state.shown.value).toBe(FULL);
  state.receive({ t: 'server' });
  expect(state.shown.value).toBeNull();
});

it('keeps away for the day what was put away, also in another tab, and tells it again tomorrow', () => {
  let day = 'Thu';
  const kept = shelf();
  const state = new ServerState('ann', kept, () => day);
  state.receive({ t: 'server', alerts: [LATE] });
  state.putAway(LATE);
  expect(state.shown.value).toBeNull();
  const other = new ServerState('ann', kept, () => day);
  other.receive({ t: 'server', alerts: [LATE] });
  expect(other.shown.value).toBeNull();
  day = 'Fri';
  state.receive({ t: 'server', alerts: [LATE] });
  expect(state.shown.value).toBe(LATE);
});

it('is kept for one person', () => {
  const kept = shelf();
  const state = new ServerState('ann', kept);
  state.receive({ t: 'server', alerts: [LATE] });
  state.putAway(LATE);
  const ben = new ServerState('ben', kept);
  ben.receive({ t: 'server', alerts: [LATE] });
  expect(ben.shown.value).toBe(LATE);
});

it('leaves what is broken now in sight', () => {
  const state = new ServerState('ann', shelf());
  state.receive({ t: 'server', alerts: [FULL, SHORT] });
  state.putAway(FULL);
  state.putAway(SHORT);
  expect(state.standing.value).toEqual([FULL, SHORT]);
});

it('takes a shelf that holds something else, or nothing, as empty', () => {
  const broken = { getItem: () => '{"day":7}', setItem: () => { throw new Error('full'); } };
  const state = new ServerState('ann', broken);
  state.receive({ t: 'server', alerts: [LATE] });
  expect(state.shown.value).toBe(LATE);
  state.putAway(LATE);
  expect(state.shown.value).toBeNull();
});

it('does not take a backup that has ended for one that runs, when its answer comes late', () => {
  const state = new ServerState('ann', shelf());
  const run = { state: 'running', began_at: 7, share: 0, en: '', zh: '' } as const;
  state.begun(run);
  expect(state.backup.value).toBe(run);
  const done = { ...run, state: 'done' } as const;
  state.receive({ t: 'server', backup: done });
  state.begun(run);
  expect(state.backup.value).toBe(done);
});
