/** What the daemon notices of its own wiring. */
import { expect, test } from 'vitest';
import { PolicyServiceSet } from '../../src/chain/policy-service-set.ts';
import { Source } from '../../src/language/source.ts';
import { compileSource } from '../../src/policy/loader.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { PolicyRequest } from '../../src/protocol/request.ts';
import { WiringWatch, type WiringWatchOptions } from '../../src/server/wiring-watch.ts';
import { TableSet } from '../../src/tables/table-set.ts';

const MX = `smtpd_client_restrictions = reject_unknown_reverse_client_hostname
smtpd_helo_restrictions = reject_non_fqdn_helo_hostname
smtpd_recipient_restrictions = reject_unauth_destination, checks
smtpd_data_restrictions = reject_multi_recipient_bounce
smtpd_restriction_classes = checks
checks = reject_rbl_client bl.example.test
`;

let nowMs = 0;

function watchFor(text: string, options: Partial<WiringWatchOptions> = {}): WiringWatch {
  nowMs = 0;
  const policy = policyOf(text);
  return new WiringWatch({
    policies: () => new Map([['mx', policy]]),
    publicResolvers: () => [],
    now: () => nowMs,
    ...options,
  });
}

function policyOf(text: string): Policy {
  const { policy } = compileSource(new Source('/etc/postfix/main.cf', text), {
    name: 'mx',
    tables: new TableSet(),
    policyServices: new PolicyServiceSet(),
    host: { hostname: 'mx.example.test', interfaces: [] },
  });
  if (policy === undefined) throw new Error('no policy');
  return policy;
}

function request(members: Partial<PolicyRequest>): PolicyRequest {
  return Object.assign(new PolicyRequest(), {
    protocol_state: 'RCPT',
    client_address: '192.0.2.1',
    client_name: 'mail.client.test',
    reverse_client_name: 'mail.client.test',
    helo_name: 'mail.client.test',
    sender: 'a@client.test',
    recipient: 'b@example.test',
    instance: '1.2',
    ...members,
  });
}

const codes = (watch: WiringWatch) => watch.doubts().map(({ code, subject }) => `${code} ${subject}`.trim());

test('all is well', () => {
  const watch = watchFor(MX);
  for (let i = 0; i < 1000; i++) {
    watch.note('mx', undefined, request({ client_address: `192.0.2.${i % 250}` }));
    watch.note('mx', undefined, request({ protocol_state: 'DATA' }));
  }
  expect(watch.doubts()).toEqual([]);
});

test('no request since the start, once that is long enough', () => {
  const watch = watchFor(MX);
  expect(watch.doubts()).toEqual([]);
  nowMs = 20 * 60_000;
  expect(watch.doubts()).toMatchObject([
    { code: 'unasked', message: 'no request has come in the 20 minutes since the start' },
  ]);
  watch.note('mx', undefined, request({}));
  expect(watch.doubts()).toEqual([]);
});

test('a list that nobody asks for, but not after a handful of requests', () => {
  const watch = watchFor(MX);
  const ask = (times: number) => {
    for (let i = 0; i < times; i++)
      watch.note('mx', undefined, request({ client_address: `192.0.2.${i % 9}` }));
  };
  ask(100);
  expect(watch.doubts()).toEqual([]);
  ask(500);
  expect(watch.doubts()).toEqual([
    {
      code: 'list_not_asked',
      subject: 'mx/data',
      message: 'smtpd_data_restrictions of the policy `mx` was never asked for in 600 requests',
      help: 'put check_policy_service into smtpd_data_restrictions of main.cf, too',
    },
  ]);
  watch.note('mx', 'data', request({ protocol_state: 'DATA' }));
  expect(watch.doubts()).toEqual([]);
});

test('in the per-list layout each list is asked by itself', () => {
  const watch = watchFor(MX);
  for (let i = 0; i < 600; i++) watch.note('mx', 'client', request({ client_address: `192.0.2.${i % 9}` }));
  expect(codes(watch)).toEqual([
    'list_not_asked mx/helo',
    'list_not_asked mx/recipient',
    'list_not_asked mx/data',
  ]);
});

test('an attribute that restrictions read is always empty or unknown', () => {
  const watch = watchFor('smtpd_client_restrictions = reject_unknown_reverse_client_hostname\n');
  for (let i = 0; i < 600; i++) {
    watch.note(
      'mx',
      'client',
      request({ client_address: `192.0.2.${i % 9}`, reverse_client_name: 'unknown' }),
    );
  }
  expect(watch.doubts()).toMatchObject([
    {
      code: 'attribute_empty',
      subject: 'mx/reverse_client_name',
      help: expect.stringContaining('smtpd_peername_lookup'),
    },
  ]);
});

test('every client is one address', () => {
  const watch = watchFor('smtpd_client_restrictions = permit_mynetworks\n');
  for (let i = 0; i < 600; i++) watch.note('mx', 'client', request({ client_address: '10.0.0.1' }));
  expect(watch.doubts()).toMatchObject([
    { code: 'one_client', message: 'all 600 requests to the policy `mx` came from one client, 10.0.0.1' },
  ]);
});

test('Postfix hangs up before it has its answer', () => {
  const watch = watchFor(MX);
  watch.note('mx', undefined, request({}));
  for (let i = 0; i < 6; i++) watch.noteHangUp(10_000 + i);
  expect(watch.doubts()).toMatchObject([
    {
      code: 'gave_up',
      message:
        'more than 5 times in a day Postfix closed the connection before it had its answer, once after 10.0 s',
    },
  ]);
  nowMs = 25 * 3_600_000;
  expect(watch.doubts()).toEqual([]);
});

test('a few restarts, over the months, are no doubt', () => {
  const watch = watchFor(MX);
  watch.note('mx', undefined, request({}));
  for (let month = 0; month < 20; month++) {
    nowMs = month * 30 * 86_400_000;
    for (let i = 0; i < 5; i++) watch.noteHangUp(300);
    expect(watch.doubts()).toEqual([]);
  }
});

test('an attribute counts as soon, and as long, as the policy in force reads it', () => {
  const without = policyOf('smtpd_client_restrictions = permit_mynetworks\n');
  let policy = without;
  const watch = watchFor(MX, { policies: () => new Map([['mx', policy]]) });
  for (let i = 0; i < 600; i++) {
    watch.note(
      'mx',
      'client',
      request({ client_address: `192.0.2.${i % 9}`, reverse_client_name: 'unknown' }),
    );
  }
  expect(watch.doubts()).toEqual([]);
  policy = policyOf('smtpd_client_restrictions = reject_unknown_reverse_client_hostname\n');
  expect(codes(watch)).toEqual(['attribute_empty mx/reverse_client_name']);
  policy = without;
  expect(watch.doubts()).toEqual([]);
});

test('DNSBLs through a public resolver; without DNSBLs nobody minds', () => {
  const publicResolvers = () => ['8.8.8.8 (Google Public DNS)'];
  expect(codes(watchFor(MX, { publicResolvers }))).toEqual(['public_resolver 8.8.8.8 (Google Public DNS)']);
  expect(codes(watchFor('smtpd_client_restrictions = permit_mynetworks\n', { publicResolvers }))).toEqual([]);
});
