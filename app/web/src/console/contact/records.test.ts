import { beforeEach, describe, expect, it } from 'vitest';
import { language } from '../../kit/i18n';
import { type Body, firstLine, linesOf, moneyOf, statusOf } from './records';

const ORDER: Body = {
  kind: 'order',
  id: '4711',
  status: 'shipped',
  total: '1234567.10',
  currency: 'CNY',
  created_at: '2026-01-02T03:04:05Z',
  items: [{ title: 'Tea', sku: 't-1', quantity: 2, price: '12.50', options: ['green', '500 g'] }, { title: 'Cup' }],
  customer: { name: 'Lin', phone: '13800000000' },
  extra: { gift: true, channel: 'app' },
};

describe('records of joined systems', () => {
  beforeEach(() => {
    language.value = 'en';
  });

  it('are named by what was bought, by their title, by their id', () => {
    expect(firstLine(ORDER)).toBe('Tea and 1 more');
    expect(firstLine({ kind: 'note', id: '7', title: 'Called' })).toBe('Called');
    expect(firstLine({ kind: 'shipment', id: '7' })).toBe('7');
  });

  it('never shorten a sum', () => {
    expect(moneyOf(ORDER)).toBe('CNY 1234567.10');
    expect(moneyOf({ kind: 'order', id: '1', total: '0.10' })).toBe('0.10');
    expect(moneyOf({ kind: 'order', id: '1' })).toBe('');
  });

  it('put a refund that goes on before how far it is', () => {
    expect(statusOf(ORDER)).toEqual({ words: 'shipped', tone: 'info' });
    expect(statusOf({ ...ORDER, refund: 'open' })).toEqual({ words: 'refund asked', tone: 'warn' });
    expect(statusOf({ ...ORDER, refund: 'none' })?.words).toBe('shipped');
    expect(statusOf({ kind: 'shipment', id: '1', status: '派送中' })?.words).toBe('派送中');
    expect(statusOf({ kind: 'note', id: '1' })).toBeNull();
  });

  it('tell everything else by its name, with what the system alone has', () => {
    const lines = new Map(linesOf(ORDER));
    expect(lines.get('Items')).toBe('Tea  green · 500 g  × 2  12.50\nCup');
    expect(lines.get('Customer')).toBe('Lin  13800000000');
    expect(lines.get('gift')).toBe('yes');
    expect(lines.get('channel')).toBe('app');
    expect(lines.get('Made')).toMatch(/2026/);
    expect([...lines.keys()]).not.toContain('id');
    language.value = 'zh';
    expect(new Map(linesOf(ORDER)).get('gift')).toBe('是');
  });
});
