import { afterEach, describe, expect, it } from 'vitest';
import { language, sentences } from './i18n';

describe('sentences', () => {
  const was = language.value;
  afterEach(() => {
    language.value = was;
  });

  it('have a space between them in English and none in Chinese, and leave out what is not said', () => {
    language.value = 'en';
    expect(sentences('Not sent.', undefined, 'Try again.')).toBe('Not sent. Try again.');
    language.value = 'zh';
    expect(sentences('没有发出。', '', '请重试。')).toBe('没有发出。请重试。');
  });
});
