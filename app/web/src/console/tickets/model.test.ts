import { describe, expect, it } from 'vitest';
import type { Ticket } from '../../kit/frames';
import { dayOf, endOfDay, fromAddress, overdue, toAddress } from './model';

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
    const ticket = { due_at: 10, status: 'open' } as Ticket;
    expect(overdue(ticket, 11)).toBe(true);
    expect(overdue(ticket, 10)).toBe(false);
    expect(overdue({ ...ticket, status: 'done' }, 11)).toBe(false);
    expect(overdue({ ...ticket, due_at: null }, 11)).toBe(false);
  });
});
