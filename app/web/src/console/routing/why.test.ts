import { describe, expect, it } from 'vitest';
import { language } from '../../kit/i18n';
import { whyText } from './why';

describe('why an agent was chosen should', () => {
  it('say rule, load and how many others could', () => {
    language.value = 'en';
    expect(whyText({ rule: 'least_load', load: 2, capacity: 5, candidates: 3 })).toBe(
      'Had the fewest open conversations, 2 of 5 open, among 3 who could take it',
    );
    expect(whyText({ rule: 'transfer' })).toBe('Handed over by a colleague');
  });

  it('say what was asked for, in Chinese too', () => {
    language.value = 'zh';
    expect(whyText({ rule: 'sticky', capacity: 4, candidates: 1, language: 'zh', skills: ['退货', '法务'] })).toBe(
      '之前接待过这位客户，当时 0/4，没有其他人可接，会说客户的语言，掌握 退货，法务',
    );
    language.value = 'en';
  });
});
