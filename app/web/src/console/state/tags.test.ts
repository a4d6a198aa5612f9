import { describe, expect, it } from 'vitest';
import type { Api } from '../../kit/api';
import type { ServerFrame } from '../../kit/frames';
import { Tags } from './tags';

const SNAPSHOT: ServerFrame = { t: 'snapshot', contacts: [], agents: [] };
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Tags over an API that answers each load when the test says so: with one tag of this name, null: not at all. */
function asked() {
  const answers: ((name: string | null) => void)[] = [];
  const get = (): Promise<unknown> =>
    new Promise((resolve, refuse) =>
      answers.push((name) => (name === null ? refuse(new Error('gone')) : resolve({ tags: [{ id: 'g1', name, color: 'grey', created_at: 0, archived: false }] }))),
    );
  const tags = new Tags({ get } as unknown as Api);
  const answer = async (name: string | null): Promise<string | undefined> => {
    answers.at(-1)?.(name);
    await turn();
    return tags.all.value.get('g1')?.name;
  };
  return { tags, answers, answer };
}

describe('tags', () => {
  it('are fetched once by all who want them at a time, the snapshot of a line that opens included', async () => {
    const { tags, answers, answer } = asked();
    void tags.load();
    tags.receive(SNAPSHOT);
    void tags.load();
    expect(await answer('Refund')).toBe('Refund');
    expect(answers).toHaveLength(1);
  });

  it('are fetched again when one is changed, and when a change may have been missed', async () => {
    const { tags, answers, answer } = asked();
    void tags.load();
    await answer('Refund');
    tags.receive({ t: 'tags' });
    expect(await answer('Money back')).toBe('Money back');
    tags.receive(SNAPSHOT);
    expect(await answer(null)).toBe('Money back');
    tags.receive(SNAPSHOT);
    expect(await answer('Refunds')).toBe('Refunds');
    expect(answers).toHaveLength(4);
    expect(tags.phase.value).toBe('ready');
  });

  it('are read after the last change that was told, whatever was on its way', async () => {
    const { tags, answers, answer } = asked();
    void tags.load();
    tags.receive({ t: 'tags' });
    tags.receive({ t: 'tags' });
    expect(await answer('old')).toBe('old');
    expect(answers).toHaveLength(2);
    expect(await answer('new')).toBe('new');
    expect(answers).toHaveLength(2);
    tags.receive({ t: 'tags' });
    expect(await answer('newer')).toBe('newer');
  });
});
