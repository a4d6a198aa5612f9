import { describe, expect, it } from 'vitest';
import { NOBODY, WRITING_MS, cameAndWent, expired, snapshot, spoke, wrote } from './presence';

describe('presence', () => {
  it('starts from a snapshot and moves with who came and went', () => {
    const start = snapshot({ t: 'snapshot', contacts: ['c1'], agents: ['a1'] });
    const next = cameAndWent(start, { t: 'presence', kind: 'visitor', online: ['c2'], offline: ['c1'] });
    expect([...next.contacts]).toEqual(['c2']);
    expect([...next.agents]).toEqual(['a1']);
    expect([...cameAndWent(NOBODY, { t: 'presence', kind: 'agent', online: ['a2'] }).agents]).toEqual(['a2']);
  });
});

describe('writing', () => {
  const frame = { t: 'writing' as const, conv: 'c', by: 'visitor', id: 'v', on: true, text: '另外地址' };

  it('shows the latest words of each person', () => {
    const first = wrote(new Map(), frame, 0);
    const second = wrote(first, { ...frame, text: '另外地址能不能' }, 1);
    expect(second.get('c')?.map(({ text }) => text)).toEqual(['另外地址能不能']);
  });

  it('ends when he stops, when he has spoken, and after six silent seconds', () => {
    const writing = wrote(new Map(), frame, 0);
    expect(wrote(writing, { ...frame, on: false }, 1).size).toBe(0);
    expect(spoke(writing, 'c', 'v').size).toBe(0);
    expect(expired(writing, WRITING_MS - 1)).toBe(writing);
    expect(expired(writing, WRITING_MS).size).toBe(0);
  });
});
