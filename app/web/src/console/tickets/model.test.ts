import { describe, expect, it } from 'vitest';
import type { Ticket } from '../../kit/frames';
import { isSpan } from './OwnFilter';
import { dayOf, endOfDay, fromAddress, namedIn, overdue, toAddress } from './model';

describe('the address of a list', () => {
  it('keeps what narrows it, and nothing else', () => {
    const query = fromAddress('?q=broken+cup&category=open&assignee=&colour=red&sort=due');
    expect(query).toEqual({ q: 'broken cup', category: 'open', sort: 'due' });
    expect(toAddress(query)).toBe('category=open&q=broken+cup&sort=due');
    expect(fromAddress(toAddress(query))).toEqual(query);
    expect(toAddress({})).toBe('');
  });
});

describe('a due day', () => {
  it('ends with the local day and comes back as it was', () => {
    const at = endOfDay('2026-11-26');
    expect(dayOf(at)).toBe('2026-11-26');
    expect(new Date(at ?? 0).getHours()).toBe(23);
    expect(endOfDay('')).toBeNull();
    expect(endOfDay('soon')).toBeNull();
    expect(dayOf(null)).toBe('');
  });

  it('is over only where the ticket is not done', () => {
    const ticket = { due_at: 10, category: 'open' } as Ticket;
    expect(overdue(ticket, 11)).toBe(true);
    expect(overdue(ticket, 10)).toBe(false);
    expect(overdue({ ...ticket, category: 'done' }, 11)).toBe(false);
    expect(overdue({ ...ticket, due_at: null }, 11)).toBe(false);
  });
});

describe('who is named in a note', () => {
  const people = [
    { value: 'a', label: 'Ann' },
    { value: 'b', label: 'Ann Lee' },
    { value: 'c', label: '陈默' },
    { value: 'd', label: '' },
  ];

  it('is found by his whole name, the longer one first', () => {
    expect(namedIn('@Ann Lee and @陈默, please', people)).toEqual(['b', 'c']);
    expect(namedIn('@Ann, then @Ann Lee', people)).toEqual(['b', 'a']);
    expect(namedIn('ann@example.com @ nobody', people)).toEqual([]);
  });
});

it('knows a span of numbers or days', () => {
  const number = /^-?\d+(?:\.\d+)?$/u;
  for (const good of ['5', '-5.5', '1..2', '1..', '..2', ' 1 .. 2 ']) expect(isSpan(good, number)).toBe(true);
  for (const bad of ['', '..', '1..2..3', 'x', '1..x', '5.']) expect(isSpan(bad, number)).toBe(false);
});
