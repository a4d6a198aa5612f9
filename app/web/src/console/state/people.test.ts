import { describe, expect, it } from 'vitest';
import type { Api } from '../../kit/api';
import type { Colleague } from '../../kit/frames';
import { ManualClock } from '../../kit/testing/clock';
import { ME } from '../testing';
import { People } from './people';

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

function ann(name: string): Colleague {
  return { id: 'ann', name, email: 'ann@shop.example', role: 'agent', availability: 'online', teams: [], language: '', created_at: 0, disabled: false, away_reason: '', availability_since: 0, capacity: 5, skills: [], languages: [] };
}

/** People over an API that answers each load when the test says so. */
function asked() {
  const answers: ((agents: readonly Colleague[]) => void)[] = [];
  const get = (path: string): Promise<unknown> =>
    path.endsWith('agents')
      ? new Promise((resolve) => answers.push((agents) => resolve({ agents })))
      : Promise.resolve({ teams: [], inboxes: [] });
  const people = new People({ get } as unknown as Api, new ManualClock(), ME);
  const name = (): string | undefined => people.colleagues.value.get('ann')?.name;
  return { people, answers, name };
}

describe('an answer takes nothing back', () => {
  it('of what the line told while it was on its way', async () => {
    const { people, answers, name } = asked();
    const loading = people.load();
    people.receive({ t: 'agent_status', agent: ann('new') });
    answers[0]?.([ann('old')]);
    await loading;
    expect(name()).toBe('new');
    const again = people.load();
    answers[1]?.([ann('newer')]);
    await again;
    expect(name()).toBe('newer');
  });

  it('of a later answer that came before it', async () => {
    const { people, answers, name } = asked();
    const loads = [people.load(), people.load()];
    answers[1]?.([ann('new')]);
    await turn();
    answers[0]?.([ann('old')]);
    await Promise.all(loads);
    expect(name()).toBe('new');
  });
});
