import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { didYouMean } from '../../src/util/did-you-mean.ts';

const PARAMETERS = [
  'mydestination',
  'mydomain',
  'myhostname',
  'mynetworks',
  'mynetworks_style',
  'relay_domains',
  'smtpd_client_restrictions',
  'smtpd_data_restrictions',
  'smtpd_helo_restrictions',
  'smtpd_recipient_restrictions',
  'smtpd_relay_restrictions',
  'smtpd_sender_restrictions',
];

const RESTRICTIONS = [
  'permit',
  'permit_mynetworks',
  'permit_sasl_authenticated',
  'reject',
  'reject_non_fqdn_recipient',
  'reject_non_fqdn_sender',
  'reject_unauth_destination',
  'reject_unauth_pipelining',
  'reject_unknown_client_hostname',
];

describe('didYouMean', () => {
  test.each([
    ['smtpd_recipient_restrictoons', 'smtpd_recipient_restrictions'],
    ['smtpd_recipient_restrictoions', 'smtpd_recipient_restrictions'],
    ['smtpd_recipient_restriction', 'smtpd_recipient_restrictions'],
    ['smtp_sender_restrictions', 'smtpd_sender_restrictions'],
    ['mynetwork', 'mynetworks'],
    ['my_networks', 'mynetworks'],
    ['mynetwroks_style', 'mynetworks_style'],
    ['MyHostName', 'myhostname'],
    ['relay-domains', 'relay_domains'],
  ])('%s: %s', (written, meant) => {
    expect(didYouMean(written, PARAMETERS)).toBe(meant);
  });

  test.each([
    ['permit_mynetwork', 'permit_mynetworks'],
    ['reject_unauth_destinations', 'reject_unauth_destination'],
    ['reject_unauht_pipelining', 'reject_unauth_pipelining'],
    ['reject_non_fqdn_sneder', 'reject_non_fqdn_sender'],
    ['rejct', 'reject'],
    ['Permit', 'permit'],
  ])('%s: %s', (written, meant) => {
    expect(didYouMean(written, RESTRICTIONS)).toBe(meant);
  });

  test.each(['smtpd_banner', 'queue_directory', 'x', '', 'my', 'permit_tls_clientcerts'])(
    'has nothing to offer for %j',
    (written) => {
      expect(didYouMean(written, [...PARAMETERS, ...RESTRICTIONS])).toBeUndefined();
    },
  );

  test('prefers the closest, and the first of equals', () => {
    expect(didYouMean('check_abcd', ['check_xxcd', 'check_abce', 'check_abcf'])).toBe('check_abce');
  });

  test('never offers the name itself', () => {
    expect(didYouMean('permit', ['permit'])).toBeUndefined();
  });

  test('one edit in a name of eight letters or more is always found', () => {
    const name = fc.stringMatching(/^[a-z_]{8,40}$/);
    const edit = fc.record({
      kind: fc.constantFrom('leave out', 'add', 'change', 'swap'),
      at: fc.nat(),
      letter: fc.constantFrom('Q', '9'),
    });
    fc.assert(
      fc.property(name, edit, (known, { kind, at, letter }) => {
        const place = at % (known.length - 1);
        const [head, first, second] = [known.slice(0, place), known[place], known[place + 1]];
        const rest = known.slice(place + 1);
        const written = {
          'leave out': `${head}${rest}`,
          add: `${head}${letter}${first}${rest}`,
          change: `${head}${letter}${rest}`,
          swap: `${head}${second}${first}${known.slice(place + 2)}`,
        }[kind];
        expect(didYouMean(written ?? '', ['unrelated_parameter_name', known])).toBe(
          written === known ? undefined : known,
        );
      }),
    );
  });

  test('long names and long lists cost little', () => {
    expect(didYouMean('a'.repeat(1_000_000), PARAMETERS)).toBeUndefined();
    const many = Array.from({ length: 20_000 }, (_, index) => `parameter_number_${index}`);
    expect(didYouMean('x'.repeat(199), [...many, 'x'.repeat(198)])).toBe('x'.repeat(198));
  });
});
