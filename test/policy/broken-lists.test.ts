import { describe, expect, test } from 'vitest';
import { compilePolicyText } from '../support/compiled-policy.ts';

const CONFIGURATION_ERROR = '451 4.3.5 Server configuration error';

describe('a list that cannot be read whole refuses for now, and is an error', () => {
  test.each([
    ['an expansion that fails', 'smtpd_recipient_restrictions = permit_mynetworks, ${broken'],
    ['a value that contains itself', 'a = $b\nb = $a\nsmtpd_recipient_restrictions = $a, permit'],
    [
      'a class that is not defined',
      'smtpd_restriction_classes = strict\nsmtpd_recipient_restrictions = strict, permit',
    ],
    [
      'a class that is empty',
      'smtpd_restriction_classes = none\nnone =\nsmtpd_recipient_restrictions = none, permit',
    ],
    ['an unknown restriction', 'smtpd_recipient_restrictions = reject_spam, permit'],
  ])('%s', async (_title, text) => {
    const policy = compilePolicyText(`mynetworks = 192.0.2.99\n${text}\n`);
    expect(policy.errors).not.toEqual([]);
    expect(await policy.reply()).toBe(CONFIGURATION_ERROR);
  });

  test('what stands before a mistake still decides', async () => {
    const policy = compilePolicyText('smtpd_recipient_restrictions = reject, reject_spam\n');
    expect(await policy.reply()).toContain('554 5.7.1');
  });
});
