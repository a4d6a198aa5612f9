import { describe, expect, it } from 'vitest';
import { language } from '../../kit/i18n';
import { summary } from './botWords';

const DATA = {
  asked: '订单到哪了', intent: 'order_status', title_en: 'Order status', title_zh: '订单状态', confidence: '0.973',
  slots: 'order_no: A-1', answered_en: 'Order status', answered_zh: '订单状态', records: 'A-1',
};

describe('the summary before a colleague', () => {
  it('says it in the language of the page', () => {
    language.value = 'zh';
    expect(summary(DATA)).toBe('问题：“订单到哪了” · 理解为：订单状态（97%） · 已知：order_no: A-1 · 已回答：订单状态 · 已出示记录：A-1');
    language.value = 'en';
    expect(summary(DATA)).toContain('understood: Order status, 97 %');
  });

  it('says that nothing was understood', () => {
    language.value = 'en';
    expect(summary({ asked: 'hm' })).toBe('Asked: “hm” · nothing understood');
  });
});
