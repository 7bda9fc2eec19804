/** The rules about relaying: postconf(5), smtpd_relay_restrictions; SMTPD_ACCESS_README. */
import { expect, test } from 'vitest';
import { lintedWords, lintText } from './lint-text.ts';

const codes = (mainCf: string, access?: string) =>
  lintedWords(mainCf, access).map((finding) => finding.split(' ')[0]);

test.each([
  ['smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination', []],
  ['smtpd_recipient_restrictions = permit_mynetworks', ['no-relay-guard']],
  ['smtpd_recipient_restrictions = warn_if_reject reject_unauth_destination', ['no-relay-guard']],
  // Postfix's own default of today has the guard.
  ['compatibility_level = 3.6\nsmtpd_recipient_restrictions = permit_mynetworks', []],
  // Postfix refuses to run with this main.cf.
  ['smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = permit_mynetworks', ['no-relay-guard']],
  [
    'smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = reject_non_fqdn_recipient',
    ['no-relay-guard'],
  ],
  ['smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = permit_mynetworks, reject', []],
  ['smtpd_relay_restrictions =\nsmtpd_client_restrictions = permit_mynetworks', []],
  ['smtpd_relay_restrictions = defer_unauth_destination\nsmtpd_recipient_restrictions = permit', []],
  // A part of a main.cf that says nothing about relaying.
  ['smtpd_client_restrictions = permit_mynetworks', []],
  [
    'smtpd_restriction_classes = ours\nours = reject_unauth_destination\nsmtpd_recipient_restrictions = ours',
    [],
  ],
])('the guard: %j', (mainCf, expected) => {
  expect(codes(mainCf)).toEqual(expected);
});

test.each([
  // Emptied on purpose: relaying is Postfix's own business.
  ['reject_non_fqdn_recipient', []],
  ['reject_non_fqdn_recipient, permit', []],
  // It says who may relay, and refuses nobody.
  ['permit_mynetworks, reject_non_fqdn_recipient', ['no-relay-guard']],
])('the guard in a policy of its own: %j', (list, expected) => {
  const mainCf = `smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = ${list}`;
  expect(lintText(mainCf, undefined, 0o644, 'mx.cf').map(({ code }) => code)).toEqual(expected);
});

test.each([
  ['smtpd_recipient_restrictions = permit_naked_ip_address, reject_unauth_destination', ['open-relay']],
  ['mynetworks = [::]/0\nsmtpd_recipient_restrictions = permit_mynetworks, reject', ['open-relay']],
  ['mynetworks = static:all\nsmtpd_recipient_restrictions = permit_mynetworks, reject', ['open-relay']],
  [
    'mynetworks = 0.0.0.0/1 128.0.0.0/1\nsmtpd_recipient_restrictions = permit_mynetworks, reject',
    ['open-relay'],
  ],
  ['mynetworks = 128.0.0.0/1\nsmtpd_recipient_restrictions = permit_mynetworks, reject', ['open-relay']],
  ['mynetworks = [::]/1\nsmtpd_recipient_restrictions = permit_mynetworks, reject', ['open-relay']],
  [
    'mynetworks = [2000::]/4 [3000::]/5\nsmtpd_recipient_restrictions = permit_mynetworks, reject',
    ['open-relay'],
  ],
  // Twice the same is not twice as much.
  [
    'mynetworks = 0.0.0.0/2 0.0.0.0/2 0.0.0.0/3\nsmtpd_recipient_restrictions = permit_mynetworks, reject',
    [],
  ],
  ['mynetworks = [fc00::]/7 [fe80::]/10\nsmtpd_recipient_restrictions = permit_mynetworks, reject', []],
  ['mynetworks = 10.0.0.0/8\nsmtpd_recipient_restrictions = permit_mynetworks, reject', []],
  [
    'mynetworks = 0.0.0.0/0\nsmtpd_recipient_restrictions = reject_unauth_destination, permit_mynetworks',
    ['idle-permit', 'permit-behind-guard'],
  ],
  // The relay list refuses what the recipient list lets through.
  [
    'smtpd_relay_restrictions = reject_unauth_destination\nsmtpd_recipient_restrictions = permit_naked_ip_address, reject',
    [],
  ],
  ['smtpd_recipient_restrictions = permit, reject_unauth_destination', ['open-relay']],
])('an open relay: %j', (mainCf, expected) => {
  const isKnown = (code: string | undefined) =>
    code !== 'removed-restriction' && code !== 'unreachable-restriction';
  expect(codes(mainCf).filter(isKnown)).toEqual(expected);
});

const NAMED = 'inet_interfaces = mail.example.com, [127.0.0.1], localhost\n';

test.each([
  [`${NAMED}smtpd_relay_restrictions = permit_inet_interfaces, reject`, ['mail.example.com']],
  [`${NAMED}smtpd_relay_restrictions = permit_mynetworks, reject`, ['mail.example.com']],
  [`${NAMED}mynetworks = 127.0.0.1\nsmtpd_relay_restrictions = permit_mynetworks, reject`, []],
  [`${NAMED}smtpd_relay_restrictions = reject`, []],
  ['inet_interfaces = all\nsmtpd_relay_restrictions = permit_inet_interfaces, reject', []],
])('a host name where addresses are needed: %j', (mainCf, words) => {
  const found = lintedWords(mainCf).filter((finding) => finding.startsWith('interface-host-name '));
  expect(found).toEqual(words.map((word) => `interface-host-name ${word}`));
});

const check = (name: string, before = '') =>
  `${before}smtpd_recipient_restrictions = ${name} hash:$config_directory/access, reject_unauth_destination`;

test.each([
  [check('check_sender_access'), 'partner.example OK\n', ['ok-before-relay-guard OK']],
  [check('check_helo_access'), 'mail.example RELAY\n', ['ok-before-relay-guard RELAY']],
  [check('check_client_access'), '192.0.2.1 1\n', ['ok-before-relay-guard 1']],
  [check('check_client_access'), '192.0.2.1 permit_auth_destination\n192.0.2.2 REJECT\n', []],
  [check('check_sasl_access'), 'bob OK\n', []],
  [check('check_recipient_access'), 'postmaster@ OK\n', ['ok-before-relay-guard OK']],
  [check('check_recipient_access', 'mydestination = example.com\n'), 'postmaster@example.com OK\n', []],
  [
    check('check_recipient_access', 'mydestination = example.com\n'),
    'bob@elsewhere.example OK\n',
    ['ok-before-relay-guard OK'],
  ],
  [
    check('check_recipient_access', 'mydestination = hash:/etc/postfix/ours\n'),
    'bob@perhaps.example OK\n',
    [],
  ],
  [
    check('check_sender_access', 'smtpd_relay_restrictions = reject_unauth_destination\n'),
    'a.example OK\n',
    [],
  ],
])('an OK before the guard: %j, %j', (mainCf, access, expected) => {
  expect(lintedWords(mainCf, access)).toEqual(expected);
});

test('a bare table in the recipient list is check_recipient_access', () => {
  const mainCf = 'smtpd_recipient_restrictions = pcre:$config_directory/access, reject_unauth_destination';
  expect(lintedWords(mainCf, '/^abuse@/ OK\n')).toEqual(['ok-before-relay-guard OK']);
});

const nested = (result: string, classes = '') =>
  `smtpd_restriction_classes = c, d
c = ${classes}
d = check_client_access inline:{b.example=OK}
smtpd_recipient_restrictions = check_recipient_access inline:{ {example.net=${result}} }, reject_unauth_destination`;

test.each([
  [nested('c', 'permit'), ['open-relay permit']],
  [nested('permit', 'reject'), ['open-relay inline:{ {example.net=permit} }']],
  [nested('reject_non_fqdn_sender, c', 'permit'), ['open-relay permit']],
  [nested('d', 'reject'), ['ok-before-relay-guard inline:{b.example=OK}']],
  [nested('c', 'd'), ['ok-before-relay-guard inline:{b.example=OK}']],
  [nested('c', 'permit_tls_all_clientcerts'), ['any-client-certificate permit_tls_all_clientcerts']],
  // The entry refuses relaying itself.
  [nested('c', 'reject_unauth_destination, permit'), []],
  [nested('reject_unauth_destination, d', 'reject'), []],
  // Mail for our own domain.
  [`relay_domains = example.net\n${nested('permit', 'reject')}`, []],
  [nested('c', 'c'), []],
])('what an entry leads to: %j', (mainCf, expected) => {
  expect(lintedWords(mainCf)).toEqual(expected);
});

const guarded = 'smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination';

test.each([
  ['relay_domains = static:ALL', undefined, ['every-destination static:ALL']],
  ['mydestination = localhost static:x', undefined, ['every-destination static:x']],
  ['virtual_mailbox_domains = static:{all}', undefined, ['every-destination static:{all}']],
  ['relay_domains = $mydestination\nmydestination = static:x', undefined, ['every-destination static:x']],
  [
    'relay_domains = pcre:$config_directory/access',
    '/./ x\n',
    ['every-destination pcre:$config_directory/access'],
  ],
  [
    'relay_domains = pcre:$config_directory/access',
    '/^.*$/i x\n',
    ['every-destination pcre:$config_directory/access'],
  ],
  ['relay_domains = pcre:$config_directory/access', '/\\.example$/ x\n', []],
  ['relay_domains = hash:$config_directory/access, example.com', 'example.net x\n', []],
])('every domain is ours: %j, %j', (mainCf, access, expected) => {
  expect(lintedWords(`${mainCf}\n${guarded}`, access)).toEqual(expected);
});

test.each([
  ['check_policy_service inet:127.0.0.1:10023, reject_unauth_destination', ['service-before-relay-guard']],
  ['reject_unauth_destination, check_policy_service inet:127.0.0.1:10023', []],
  ['permit_tls_all_clientcerts, reject_unauth_destination', ['any-client-certificate']],
  ['permit_tls_clientcerts, reject_unauth_destination', []],
])('before the guard: %s', (list, expected) => {
  expect(codes(`smtpd_recipient_restrictions = ${list}`)).toEqual(expected);
  // The relay list refuses what this one lets through.
  expect(
    codes(`smtpd_relay_restrictions = reject_unauth_destination\nsmtpd_recipient_restrictions = ${list}`),
  ).toEqual([]);
});

test.each([
  ['OK', 'write `default_action=DUNNO`'],
  ['permit', 'write `default_action=DUNNO`'],
  ['DUNNO', 'write `check_policy_service` behind'],
])('a policy server with default_action %s before the guard', (action, help) => {
  const service = `check_policy_service { inet:127.0.0.1:10023, default_action=${action} }`;
  expect(lintText(`smtpd_recipient_restrictions = ${service}, reject_unauth_destination`)).toMatchObject([
    { code: 'service-before-relay-guard', help: expect.stringContaining(help) },
  ]);
});

const behind = (list: string, more = '') => `smtpd_recipient_restrictions = ${list}\n${more}`;

test.each([
  [behind('reject_unauth_destination, permit_mynetworks, reject_non_fqdn_sender'), ['permit_mynetworks']],
  [behind('permit_mynetworks, reject_unauth_destination, permit_mynetworks, reject_non_fqdn_sender'), []],
  [
    behind('permit_mynetworks, defer_unauth_destination, permit_sasl_authenticated, reject_non_fqdn_sender'),
    ['permit_sasl_authenticated'],
  ],
  [behind('warn_if_reject reject_unauth_destination, permit_mynetworks, reject'), []],
  // Another list lets them through; this one does not.
  [
    behind(
      'reject_unauth_destination, permit_mynetworks, reject_non_fqdn_sender',
      'smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination',
    ),
    ['permit_mynetworks'],
  ],
])('own clients behind the guard: %j', (mainCf, expected) => {
  expect(lintedWords(mainCf)).toEqual(expected.map((word) => `permit-behind-guard ${word}`));
});

test.each([
  ['relay_domains = *.example.com', 'write `example.com`, which stands for'],
  ['relay_domains = *', 'name each of them'],
  ['relay_domains = .example.com', 'write `example.com`, which stands for'],
  ['parent_domain_matches_subdomains =\nrelay_domains = .example.com', undefined],
  ['relay_domains = example.com example.org', undefined],
  ['relay_domains = hash:/etc/postfix/relay, /etc/postfix/more', undefined],
  ['mydestination = "example.com"', 'write it without them'],
  ['mydestination = localhost, .example.com', 'name each of them'],
  ['mydestination = *.example.com', 'name each of them'],
  ['virtual_mailbox_domains = @example.com', 'write `example.com`'],
  ['virtual_alias_domains = example.com.', 'write `example.com`'],
  ['mynetworks = 127.0.0.1, 192.168.1.*', 'write the network'],
  ['mynetworks = 192.0.2.1-192.0.2.9', 'write the networks'],
  ['mynetworks = !*.example.com', 'write `example.com`, which stands for'],
  ['mynetworks = 127.0.0.0/8, [::1]/128, our-host.example', undefined],
])('a word that never matches: %j', (mainCf, help) => {
  const found = lintText(mainCf).map((diagnostic) => [diagnostic.code, diagnostic.help]);
  expect(found).toEqual(
    help === undefined ? [] : [['unmatchable-domain', expect.stringContaining(help) as string]],
  );
});

test.each([
  ['mydestination = a.example\nvirtual_mailbox_domains = b.example, A.example', ['A.example']],
  ['virtual_alias_domains = a.example\nvirtual_mailbox_domains = a.example', ['a.example']],
  ['virtual_mailbox_domains = a.example\nrelay_domains = a.example', ['a.example']],
  ['mydestination = a.example\nrelay_domains = $mydestination', []],
  ['mydestination = a.example\nvirtual_mailbox_domains = b.example, sub.a.example', []],
  // Unless it is set, this is the value of virtual_alias_maps.
  ['virtual_alias_maps = hash:/x\nvirtual_mailbox_maps = hash:/x\nmydestination = a.example', []],
])('a domain of two kinds: %j', (mainCf, words) => {
  expect(lintedWords(mainCf)).toEqual(words.map((word) => `domain-in-two-classes ${word}`));
});
