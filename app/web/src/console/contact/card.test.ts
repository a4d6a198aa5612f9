import { describe, expect, it } from 'vitest';
import { cardOf } from './card';
import type { Body } from './records';

const ORDER: Body = {
  kind: 'order',
  id: '241123-4071180',
  status: 'shipped',
  total: '39.80',
  currency: 'CNY',
  items: [
    { title: '滤纸 V60', quantity: 2, options: ['白色', '02 号'] },
    { title: 'Kettle' },
    { sku: 'c-1', quantity: '1' },
    { title: 'Cup' },
    { title: 'Scale' },
  ],
  url: 'https://mall.example/o/1',
};

describe('a card of an order', () => {
  it('tells number, status, items, total and link', () => {
    expect(cardOf(ORDER, 'en')).toEqual({
      title: 'Order 241123-4071180',
      lines: ['shipped', '滤纸 V60  白色 · 02 号  × 2', 'Kettle', 'c-1  × 1', 'and 2 more', 'Total: CNY 39.80'],
      picture: null,
      buttons: [{ label: 'See the order', link: 'https://mall.example/o/1', reply: null }],
    });
  });

  it("speaks the customer's language, not the page's", () => {
    const card = cardOf({ ...ORDER, refund: 'open' }, 'zh');
    expect(card?.title).toBe('订单 241123-4071180');
    expect(card?.lines[0]).toBe('已发货 · 退款中');
    expect(card?.lines.slice(-2)).toEqual(['另有 2 件', '合计：CNY 39.80']);
  });

  it('has at most the six lines that a card takes', () => {
    const all = { ...ORDER, refund: 'open', carrier: 'SF', url: undefined };
    expect(cardOf(all, 'en')?.lines).toHaveLength(6);
  });

  it('is made of a parcel, too', () => {
    const parcel = { kind: 'shipment' as const, id: '7', number: 'SF1', carrier: '顺丰', status: '派送中' };
    expect(cardOf(parcel, 'zh')).toEqual({ title: '包裹 SF1', lines: ['派送中', '顺丰'], picture: null, buttons: [] });
  });

  it('says nothing of a status that nobody knows', () => {
    expect(cardOf({ kind: 'order', id: '1', status: 'unknown' }, 'en')?.lines).toEqual([]);
  });

  it.each(['javascript:alert(1)', 'https://user@mall.example/', 'https://mall.example/a b', '/orders/1', 'https://', 'https://mall.example/a\\b'])(
    'leaves the link %s out, for the server would refuse all of it',
    (url) => {
      expect(cardOf({ ...ORDER, url }, 'en')?.buttons).toEqual([]);
    },
  );

  it('holds to what a card takes, whatever the other system says', () => {
    const odd = { ...ORDER, id: `7\n${'9'.repeat(300)}`, items: [{ title: 'x\u0000\ty'.repeat(200) }] };
    const card = cardOf(odd, 'en');
    expect(card?.title.length).toBe(120);
    expect(card?.lines.every((line) => line.length <= 200 && !/[\u0000-\u001f]/.test(line))).toBe(true);
  });

  it('is made of nothing that is the house’s own', () => {
    for (const kind of ['note', 'ticket', 'customer'] as const) expect(cardOf({ kind, id: '1' }, 'en')).toBeNull();
  });
});
