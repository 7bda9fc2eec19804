/** The rules about the entries of access tables, and the files that hold them. */
import { expect, test } from 'vitest';
import { lintedWords, lintText } from './lint-text.ts';

const client = (type = 'hash') =>
  `smtpd_client_restrictions = check_client_access ${type}:$config_directory/access`;
const sender = 'smtpd_sender_restrictions = check_sender_access hash:$config_directory/access';
const helo =
  'smtpd_helo_required = yes\nsmtpd_helo_restrictions = check_helo_access hash:$config_directory/access';

test.each([
  [client(), '192.168.10', undefined],
  [client(), '192.168.10.7', undefined],
  [client(), '192.168.10.', 'write `192.168.10`'],
  [client(), '192.168.0.0/16', 'write `192.168`, or use a cidr: table'],
  [client(), '192.168.10.0/25', 'keep networks in a table of their own, and name it with cidr:'],
  [client(), '10.0.0.0/8', 'write `10`, or use a cidr: table'],
  [client(), '192.168.010.7', 'write `192.168.10.7`'],
  [client(), '2001:db8::1', undefined],
  [client(), '2001:db8', undefined],
  [client(), '2001:DB8::1', undefined],
  [client(), '2001:0db8::1', 'write `2001:db8::1`'],
  [client(), '[2001:db8::1]', 'write `2001:db8::1`'],
  [client(), '*.spam.example', expect.stringContaining('names below it')],
  [client(), 'bob@spam.example', expect.stringContaining('check_sender_access')],
  [client(), 'spam.example', undefined],
  [client(), '.spam.example', expect.stringContaining('write `spam.example`')],
  [`parent_domain_matches_subdomains =\n${client()}`, '.spam.example', undefined],
  [sender, '@spam.example', 'write `spam.example`'],
  [sender, 'bob@spam.example', undefined],
  [sender, 'bob@', undefined],
  [sender, '<>', undefined],
  [sender, '192.0.2.7', expect.stringContaining('check_client_access')],
  [helo, '[192.0.2.7]', undefined],
  [helo, '192.0.2.7', undefined],
  [helo, 'bob@spam.example', expect.stringContaining('check_sender_access')],
  [client(), 'host.example.', 'write `host.example`'],
  [client(), 'spam.example,', 'write `spam.example`'],
  [client(), '$mydomain', 'write the name itself'],
  [client(), '192.0.2.7:25', 'write `192.0.2.7`'],
  [client(), '2001:0db8:1', 'write `2001:db8:1`'],
  [client(), '2001:0DB8', 'write `2001:DB8`'],
  [client(), '"host.example"', 'write `host.example`'],
  // What is left of 2001:db8:1::7 without its last field.
  [client(), '2001:db8:1:', undefined],
  [client(), '2001:db8:0:0', undefined],
  [client(), '2001:db8::', undefined],
  [client(), '::ffff:192.0.2.7', undefined],
  [client(), '2001:db8::1::2', expect.stringContaining('such as `2001:db8:1`')],
  [client(), '2001:db8:12345', expect.stringContaining('such as `2001:db8:1`')],
  [client(), '10', undefined],
  [client(), '1.2.256', expect.stringContaining('numbers up to 255')],
  [client(), '1.2.3.4.5', expect.stringContaining('one to four numbers')],
  // A name in DNS that somebody has chosen for himself can be host.1.2.256.
  [client().replace('check_client', 'check_reverse_client_hostname'), '1.2.256', undefined],
  [
    client().replace('check_client', 'check_reverse_client_hostname'),
    'host.example.',
    'write `host.example`',
  ],
  [sender, 'bob@spam.example.', 'write `bob@spam.example`'],
  [sender, 'spam.example.', 'write `spam.example`'],
  [sender, 'bob@$mydomain', 'write the name itself'],
  [sender, 'us$er@spam.example', undefined],
  [sender, 'us$er@', undefined],
  [sender, '"spam.example"', 'write `spam.example`'],
  [sender, '"bob"@spam.example', undefined],
  [sender, '10.0.0.', expect.stringContaining('check_client_access')],
  [sender, '2001:db8::1', expect.stringContaining('check_client_access')],
  [sender, '[ipv6:2001:db8::1]', undefined],
  [`smtpd_null_access_lookup_key = *\n${sender}`, '*', undefined],
  // HELO names are looked up as they are.
  [helo, 'host.example.', undefined],
  [`${client()}\n${helo}`, 'host.example.', undefined],
  [`${client()}\n${sender}`, '10.0.0.', 'write `10.0.0`'],
  [`${client()}\n${sender}`, '10.0.0', undefined],
  [`${client()}\n${sender}`, '@spam.example', 'write `spam.example`'],
  [`${client()}\n${sender}`, 'spam.example.', 'write `spam.example`'],
  // So is the domain of an address that has no MX.
  [sender.replace('sender_access', 'sender_mx_access'), 'host.example.', undefined],
  // The helo check has a use for it.
  [`${client()}\n${helo}`, '[192.0.2.7]', undefined],
  [`${client()}\n${helo}`, '*.spam.example', expect.stringContaining('names below it')],
  ['smtpd_sender_restrictions = check_sender_mx_access hash:$config_directory/access', '10.', 'write `10`'],
  ['smtpd_sender_restrictions = check_sasl_access hash:$config_directory/access', '@x', undefined],
])('unmatchable key: %j, %s', (mainCf, key, help) => {
  const found = lintText(mainCf, `${key} REJECT\n`).map((diagnostic) => [diagnostic.code, diagnostic.help]);
  expect(found).toEqual(help === undefined ? [] : [['unmatchable-key', help]]);
});

test.each([
  [client('cidr'), '192.0.2.0/24 REJECT\n192.0.2.7 OK\n', ['192.0.2.7']],
  [client('cidr'), '192.0.2.7 OK\n192.0.2.0/24 REJECT\n', []],
  [client('cidr'), '192.0.2.7 OK\n192.0.2.7/32 REJECT\n', ['192.0.2.7/32']],
  [client('cidr'), '0.0.0.0/0 OK\n2001:db8::/32 REJECT\n198.51.100.0/24 REJECT\n', ['198.51.100.0/24']],
  [client('cidr'), '!192.0.2.0/24 REJECT\n198.51.100.7 OK\n', []],
  [client('cidr'), 'if 192.0.2.0/24\n192.0.2.0/25 REJECT\nendif\n192.0.2.7 OK\n', []],
  [client('cidr'), '2001:db8::/32 REJECT\n2001:db8:1::/48 OK\n', ['2001:db8:1::/48']],
  [client('pcre'), '/spam/ REJECT\n/spam/x OK\n/spam/ OK\n', ['/spam/']],
  [client('regexp'), 'if /a/\n/spam/ REJECT\nendif\n/spam/ OK\n', []],
])('shadowed row: %j, %j', (mainCf, access, keys) => {
  expect(lintedWords(mainCf, access)).toEqual(keys.map((key) => `shadowed-row ${key}`));
});

test('shadowed row of a table that is written out: where it is named', () => {
  const spec = 'cidr:{ {192.0.2.0/24 REJECT}, {192.0.2.7 OK} }';
  expect(lintedWords(`smtpd_client_restrictions = check_client_access ${spec}`)).toEqual([
    `shadowed-row ${spec}`,
  ]);
});

test.each([
  ['REJECT', []],
  ['REJECT 5.7.1 go away', []],
  ['reject', []],
  ['OK', []],
  ['OK some text', []],
  ['DUNNO', []],
  ['1234567', []],
  ['550', ['bare-code']],
  ['450', ['bare-code']],
  ['550 go away', []],
  ['550 5.7.1', ['dsn-without-text']],
  ['DEFER_IF_PERMIT 4.7.1', ['dsn-without-text']],
  ['reject 4.7.1 later', ['dsn-class']],
  ['DEFER 5.7.1 later', ['dsn-class']],
  ['450 4.7.1 later', []],
  ['REJCT', ['unknown-action']],
  ['OK, whatever', ['unknown-action']],
  ['250 fine', ['unknown-action']],
  ['REJECT, you are spam', ['unknown-action']],
  ['reject, reject_unauth_destination', []],
  ['defer_if_reject, reject', []],
  ['permit_mynetworks, reject', []],
  ['reject_rbl_client bl.example', []],
  ['warn_if_reject reject_unknown_client_hostname, DUNNO', ['unknown-action']],
  ['check_sender_access hash:/x', ['table-in-result']],
  ['550: no', ['table-in-result']],
  ['FILTER smtp:[127.0.0.1]:10025', []],
  ['FILTER smtp', ['malformed-action']],
  ['PREPEND X-Note: yes', []],
  ['PREPEND note', ['malformed-action']],
  ['REDIRECT bob', ['malformed-action']],
  ['BCC bob@example.com', []],
  ['DISCARD', []],
])('the result %s', (value, codes) => {
  const found = lintText(sender, `spam.example ${value}\n`).map(({ code }) => code);
  expect(found).toEqual(codes);
});

test.each([
  ['OK, text', '`OK` is no action with `,` at it', 'write `OK text`'],
  ['dunno,', '`dunno` is no action with `,` at it', 'write `dunno`'],
  ['"REJECT"', '`REJECT` is no action with `"` at it', 'write `REJECT`'],
  ['"550 go away"', '`550` is no action with `"` at it', 'write `550 go away`'],
  ['550-go away', '`550` is no action with `-` at it', 'write `550 go away`'],
  ['REJECT: no', '`REJECT` is no action with a colon behind it', 'write `REJECT no`'],
  ['550: no', '`550` is no action with a colon behind it', 'write `550 no`'],
  [
    'REJECT, you are spam',
    'Postfix ignores what follows `REJECT`',
    'write `REJECT you are spam` if it is a text',
  ],
  ['= REJECT', '`=` between key and result', 'write `REJECT`'],
  ['=> 550 no', '`=>` between key and result', 'write `550 no`'],
  [': REJECT', '`:` between key and result', 'write `REJECT`'],
  ['REJECT\u00a0no', 'no-break space', 'write `REJECT no`'],
  ['DENY', 'unknown action or restriction `DENY`', 'did you mean `REJECT`?'],
  ['allow', 'unknown action or restriction `allow`', 'did you mean `OK`?'],
  [
    'Go away',
    'unknown action or restriction `Go`',
    'a text needs an action before it: write `REJECT Go away`',
  ],
  [
    '5.7.1 go away',
    'unknown action or restriction `5.7.1`',
    'a text needs an action before it: write `REJECT 5.7.1 go away`',
  ],
])('what is wrong with the result %s, and what was meant', (value, message, help) => {
  expect(lintText(sender, `spam.example ${value}\n`)).toMatchObject([
    { message: expect.stringContaining(message), help },
  ]);
});

const asking = (action: string) =>
  `smtpd_client_restrictions = check_policy_service { inet:127.0.0.1:10023, default_action=${action} }`;

test.each([
  [asking('550'), ['bare-code']],
  [asking('DUNNO'), []],
  [asking('REJCT'), ['unknown-action']],
  [asking('FILTER'), ['malformed-action']],
  ['smtpd_policy_service_default_action = 451', ['bare-code']],
  ['smtpd_policy_service_default_action = 451 4.3.5 try again later', []],
  // What the parameter says is told there, and once.
  [
    'smtpd_policy_service_default_action = 451\nsmtpd_client_restrictions = check_policy_service inet:127.0.0.1:10023',
    ['bare-code'],
  ],
])('what stands in for a policy server: %j', (mainCf, codes) => {
  expect(lintText(mainCf).map(({ code }) => code)).toEqual(codes);
});

test('a result may name a restriction class', () => {
  const mainCf = `smtpd_restriction_classes = strict\nstrict = reject\n${sender}`;
  expect(lintedWords(mainCf, 'spam.example strict\n')).toEqual([]);
  expect(lintText(mainCf, 'spam.example stricd\n')).toMatchObject([
    { code: 'unknown-action', help: 'did you mean `strict`?' },
  ]);
});

test('what a pattern puts into a result is known when mail comes', () => {
  const mainCf = 'smtpd_sender_restrictions = check_sender_access pcre:$config_directory/access';
  expect(lintedWords(mainCf, '/^(.*)@spam/ REDIRECT $1\n/(.)/ $1\n')).toEqual([]);
  expect(lintedWords(mainCf, '/\\/spam/ 550\n')).toEqual(['bare-code 550']);
});

test.each([
  ['check_sender_mx_access', 'OK', true],
  ['check_reverse_client_hostname_access', '1', true],
  ['check_client_a_access', 'DUNNO', false],
  ['check_client_access', 'OK', false],
])('OK in %s: %s', (name, value, isForbidden) => {
  const found = lintText(
    `smtpd_sender_restrictions = ${name} hash:$config_directory/access`,
    `a.example ${value}\n`,
  );
  expect(found.map(({ code }) => code)).toEqual(isForbidden ? ['forbidden-ok'] : []);
});

test('tables without a file are looked at as well', () => {
  const found = lintedWords(
    'smtpd_sender_restrictions = check_sender_access static:550, check_sender_access inline:{ {a.example = REJECT 5.7.1} }',
  );
  expect(found).toEqual(['bare-code static:550', 'dsn-without-text inline:{ {a.example = REJECT 5.7.1} }']);
});

test('comments, continued lines and quoted keys', () => {
  const access = '# 550\nspam.example REJECT\n  go away\n"a b"@spam.example 550 no\nham.example\n  550\n';
  expect(lintText(sender, access).map(({ code }) => code)).toEqual(['bare-code']);
});

const map = (line: string) => `dbname = mail\nquery = SELECT 1 WHERE '%s' = ''\n${line}\n`;
const DATABASE = 'maps = ${config_directory}\nvirtual_alias_maps = inline:{a=b}, proxy:mysql:$maps/access';

test.each([
  [DATABASE, 0o644, map('password = secret'), ['world-readable-password']],
  [DATABASE, 0o640, map('password = secret'), []],
  [DATABASE, 0o644, map('#password = secret'), []],
  [DATABASE, 0o644, map('password ='), []],
  // Nothing opens it here, and Postfix does.
  [
    'virtual_mailbox_limit_maps = pgsql:${config_directory}/access',
    0o644,
    map('hosts = postgresql://me:secret@db/mail'),
    ['world-readable-password'],
  ],
  ['fallback_maps = ldap:$config_directory/access', 0o644, 'bind_pw = secret\n', ['world-readable-password']],
])('the map file of %s, mode %o: %j', (main, mode, access, codes) => {
  const found = lintText(main, access, mode).map(({ code }) => code);
  expect(found.filter((code) => code === 'world-readable-password')).toEqual(codes);
});

test.each([
  [client('pcre'), '/spam/i REJECT', 'write `/spam/`'],
  [client('regexp'), '!/spam/ix REJECT', 'write `!/spam/x`'],
  [client('pcre'), '/spam/x REJECT', undefined],
  // Twice turns it back.
  [client('pcre'), '/spam/ii REJECT', undefined],
  [client('pcre'), '/^\\d+\\S$/i REJECT', undefined],
  [helo.replace('hash', 'pcre'), '/^LOCALHOST$/i REJECT', 'write `/^LOCALHOST$/`'],
  // Addresses are looked up in small letters.
  [sender.replace('hash', 'pcre'), '/^spam@/i REJECT', undefined],
  [sender.replace('hash', 'pcre'), '/^Spam@/i REJECT', 'write `/^Spam@/`'],
  [sender.replace('hash', 'pcre'), '/^\\S+@spam/i REJECT', undefined],
])('a pattern with flags: %j, %j', (mainCf, row, help) => {
  const found = lintText(mainCf, `${row}\n`).map((diagnostic) => [diagnostic.code, diagnostic.help]);
  expect(found).toEqual(help === undefined ? [] : [['case-sensitive-pattern', help]]);
});

test.each([
  [sender.replace('hash', 'cidr'), ['cidr-for-names']],
  [client('cidr'), []],
  // A HELO name can be an address.
  [helo.replace('hash', 'cidr'), []],
  ['smtpd_sender_restrictions = check_sender_mx_access cidr:$config_directory/access', []],
])('a cidr table: %j', (mainCf, codes) => {
  expect(lintText(mainCf, '192.0.2.0/24 REJECT\n').map(({ code }) => code)).toEqual(codes);
});

test.each([
  ['spam.example REJECT\n  ham.example OK\n', ['ham.example']],
  ['spam.example REJECT\n# why\n\tbob@ham.example 550 no\n\n 10.1 DUNNO\n', ['bob@ham.example', '10.1']],
  // A text that goes on.
  ['spam.example REJECT go away,\n  for good. OK it is\n', []],
  ['spam.example REJECT\nham.example OK\n', []],
])('an entry with white space before it: %j', (access, keys) => {
  const found = lintedWords(sender, access).filter((finding) => finding.startsWith('swallowed-row'));
  expect(found).toEqual(keys.map((key) => `swallowed-row ${key}`));
});

test.each([
  ['REJECT # that nuisance', true],
  ['550 5.7.1 #nuisance', true],
  ['REJECT go away # since May', true],
  ['REJECT see ticket #123', false],
  ['OK # our partner', false],
  ['PREPEND X-Mark: # one', false],
])('the remark in %s', (value, isTold) => {
  const codes = lintText(sender, `spam.example ${value}\n`).map(({ code }) => code);
  expect(codes).toEqual(isTold ? ['remark-in-result'] : []);
});

test('rules that stand in the name of a table are looked at as well, and told where that stands', () => {
  expect(
    lintedWords(
      'smtpd_client_restrictions = check_client_access cidr:{ {192.0.2.0/24 550}, {192.0.2.1 OK} }, reject',
    ),
  ).toEqual([
    'shadowed-row cidr:{ {192.0.2.0/24 550}, {192.0.2.1 OK} }',
    'bare-code cidr:{ {192.0.2.0/24 550}, {192.0.2.1 OK} }',
  ]);
});
