import { describe, expect, test } from 'vitest';
import type { PolicyRequest } from '../../src/protocol/request.ts';
import { compilePolicyText } from '../support/compiled-policy.ts';

const LISTS = `
smtpd_client_restrictions = check_client_access inline:{192.0.2.66=REJECT}
smtpd_recipient_restrictions = check_client_access static:OK, reject
smtpd_end_of_data_restrictions = permit
`;

const TOO_BIG = '552 5.3.4 Message size exceeds fixed limit';

describe('message_size_limit', () => {
  const limited = () => compilePolicyText(`message_size_limit = 1000${LISTS}`);

  test.each<[string, Partial<PolicyRequest>, string]>([
    ['a message of that size', { size: '1000' }, 'permit'],
    ['a bigger one', { size: '1001' }, TOO_BIG],
    ['a bigger one of a client that is refused', { size: '1001', client_address: '192.0.2.66' }, TOO_BIG],
    ['more than a number holds', { size: '9223372036854775807' }, TOO_BIG],
    ['no size', { size: '' }, 'permit'],
    ['what is no size', { size: 'huge' }, 'permit'],
    ['no recipient yet', { size: '1001', protocol_state: 'MAIL', recipient: '' }, TOO_BIG],
    ['after DATA', { size: '1001', protocol_state: 'DATA' }, TOO_BIG],
    [
      'the message that came',
      { size: '1001', protocol_state: 'END-OF-MESSAGE' },
      '552 5.3.4 Error: message file too big',
    ],
  ])('%s', async (_title, request, expected) => {
    expect(await limited().reply({ request })).toBe(expected);
  });

  test('counts for each list asked alone, also one that smtpd would skip', async () => {
    const request = { size: '1001', helo_name: '' };
    const { decidedBy, trace } = await limited().decide({ request, list: 'helo' });
    expect(decidedBy?.step.text).toBe('message_size_limit = 1000');
    expect(trace).toMatchObject([{ list: 'helo', implicit: 'before', result: 'rejected' }]);
  });

  test.each([
    ['no limit', 'message_size_limit = 0'],
    ['the default, for Postfix to keep to', ''],
  ])('%s', async (_title, line) => {
    const policy = compilePolicyText(`${line}${LISTS}`);
    expect(await policy.reply({ request: { size: '99999999' } })).toBe('permit');
  });

  test('becomes 4xx with soft_bounce', async () => {
    const policy = compilePolicyText(`soft_bounce = yes\nmessage_size_limit = 1000${LISTS}`);
    expect(await policy.reply({ request: { size: '1001' } })).toBe(
      '452 4.3.4 Message size exceeds fixed limit',
    );
  });
});
