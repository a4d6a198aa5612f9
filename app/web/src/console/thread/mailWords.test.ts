import { describe, expect, it } from 'vitest';
import { whyNot } from './mailWords';

describe('why a mail did not arrive', () => {
  it('is said in words, and in the mail server’s own where it gave some', () => {
    expect(whyNot('mail_no_address')).toContain('Enter one at the customer');
    expect(whyNot('mail_too_slow')).toContain('Settings, E-mail');
    expect(whyNot('5.1.1 no such mailbox')).toBe('5.1.1 no such mailbox');
  });
});
