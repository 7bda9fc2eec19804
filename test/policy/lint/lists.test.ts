/** The rules about restriction lists: what they speak up about, and what they must not. */
import { expect, test } from 'vitest';
import { lintedWords } from './lint-text.ts';

const CLASS = 'smtpd_restriction_classes = strict\nstrict = reject_non_fqdn_sender, reject\n';

test.each([
  ['client_restrictions = permit, sleep 1, sleep 2', ['unreachable-restriction sleep']],
  ['sender_restrictions = REJECT sleep 1', ['unreachable-restriction sleep']],
  ['sender_restrictions = defer sleep 1', ['unreachable-restriction sleep']],
  ['sender_restrictions = warn_if_reject reject, sleep 1', []],
  [
    'sender_restrictions = warn_if_reject permit, sleep 1',
    expect.arrayContaining(['unreachable-restriction sleep']),
  ],
  ['sender_restrictions = permit_mynetworks, reject', []],
])('unreachable: smtpd_%s', (line, expected) => {
  expect(lintedWords(`smtpd_${line}`)).toEqual(expected);
});

test('unreachable behind a class that always ends', () => {
  expect(lintedWords(`${CLASS}smtpd_sender_restrictions = strict, sleep 1`)).toEqual([
    'unreachable-restriction sleep',
  ]);
  expect(lintedWords(`${CLASS}smtpd_sender_restrictions = warn_if_reject strict, sleep 1`)).toEqual([]);
});

test('a class within itself ends', () => {
  const loop =
    'smtpd_restriction_classes = a b\na = b, sleep 1\nb = a, sleep 1\nsmtpd_sender_restrictions = a';
  expect(lintedWords(loop)).toEqual([]);
});

test.each([
  ['reject_unknown_client', 'client', 'old-name reject_unknown_client'],
  ['Reject_Unknown_Address', 'sender', 'old-name Reject_Unknown_Address'],
  ['reject_rbl spam.example', 'client', 'old-name reject_rbl'],
  ['check_recipient_maps', 'sender', 'old-name check_recipient_maps'],
  ['reject_maps_rbl', 'client', 'removed-restriction reject_maps_rbl'],
  ['permit_naked_ip_address', 'helo', 'removed-restriction permit_naked_ip_address'],
  ['reject_unknown_client_hostname', 'client', undefined],
])('old and removed names: %s', (name, list, expected) => {
  const found = lintedWords(
    `smtpd_helo_required = yes\nlocal_recipient_maps =\nsmtpd_${list}_restrictions = ${name}`,
  );
  expect(found).toEqual(expected === undefined ? [] : [expected]);
});

const table = 'inline:{a.example=REJECT}';

test.each([
  // Everything is known at RCPT TO, and nothing runs before.
  ['yes', 'client', 'reject_unknown_recipient_domain', []],
  ['yes', 'data', `check_recipient_access ${table}`, ['check_recipient_access']],
  ['yes', 'end_of_data', `check_sender_access ${table}`, []],
  ['yes', 'etrn', 'reject_non_fqdn_sender', ['reject_non_fqdn_sender']],
  ['yes', 'etrn', table, []],
  ['yes', 'recipient', `check_etrn_access ${table}, reject_unauth_destination`, ['check_etrn_access']],
  ['yes', 'client', `check_etrn_access ${table}`, []],
  ['no', 'client', `check_client_access ${table}`, []],
  ['no', 'client', `check_recipient_access ${table}`, ['check_recipient_access']],
  ['no', 'client', 'reject_invalid_helo_hostname', ['reject_invalid_helo_hostname']],
  ['no', 'client', 'permit_dnswl_client wl.example', []],
  ['no', 'helo', 'reject_non_fqdn_sender', ['reject_non_fqdn_sender']],
  // Clients log in after EHLO.
  [
    'no',
    'client',
    'permit_sasl_authenticated, reject_unknown_client_hostname',
    ['permit_sasl_authenticated'],
  ],
  ['no', 'sender', 'permit_sasl_authenticated, reject_non_fqdn_sender', []],
  ['yes', 'client', 'permit_sasl_authenticated, reject_unknown_client_hostname', []],
  ['no', 'sender', 'reject_non_fqdn_sender', []],
  ['no', 'sender', table, []],
  ['no', 'sender', 'reject_unauth_destination', ['reject_unauth_destination']],
  ['no', 'recipient', 'reject_non_fqdn_sender, reject_unauth_destination', []],
])('misplaced: smtpd_delay_reject = %s, %s list, %s', (delay, list, restrictions, words) => {
  const mainCf = `smtpd_helo_required = yes\nsmtpd_delay_reject = ${delay}\nsmtpd_${list}_restrictions = ${restrictions}`;
  expect(lintedWords(mainCf)).toEqual(words.map((word) => `misplaced-restriction ${word}`));
});

test('a class is misplaced where it is used', () => {
  const mainCf = `smtpd_delay_reject = no\n${CLASS}smtpd_client_restrictions = strict`;
  expect(lintedWords(mainCf)).toEqual(['misplaced-restriction reject_non_fqdn_sender']);
});

test('reject_multi_recipient_bounce belongs after the recipients', () => {
  expect(lintedWords('smtpd_data_restrictions = reject_multi_recipient_bounce')).toEqual([]);
});

test.each([
  ['smtpd_helo_required = yes\nsmtpd_helo_restrictions = reject_invalid_helo_hostname', []],
  ['smtpd_helo_restrictions = permit_mynetworks', []],
  [
    'smtpd_helo_required = no\nsmtpd_helo_restrictions = reject_invalid_helo_hostname',
    ['helo-not-required smtpd_helo_required = no'],
  ],
  [
    'smtpd_helo_required = yes\nsmtpd_helo_required = no\nsmtpd_helo_restrictions = reject_invalid_helo_hostname',
    ['helo-not-required smtpd_helo_required = no'],
  ],
])('helo-not-required: %j', (mainCf, expected) => {
  expect(lintedWords(mainCf)).toEqual(expected);
});

test.each([
  ['warn_if_reject permit_mynetworks', ['idle-warn-if-reject warn_if_reject']],
  ['warn_if_reject sleep 1', ['idle-warn-if-reject warn_if_reject']],
  ['warn_if_reject reject_non_fqdn_sender', []],
  ['warn_if_reject permit_dnswl_client wl.example', []],
  ['warn_if_reject inline:{a.example=REJECT}', []],
  ['warn_if_reject reject_unverified_sender', []],
])('warn_if_reject: %s', (restrictions, expected) => {
  expect(lintedWords(`smtpd_sender_restrictions = ${restrictions}`)).toEqual(expected);
});

test.each([
  ['', ['sender-login-ignored reject_sender_login_mismatch']],
  ['smtpd_sasl_auth_enable = yes\n', ['sender-login-ignored reject_sender_login_mismatch']],
  ['smtpd_sasl_auth_enable = yes\nsmtpd_sender_login_maps = static:bob\n', []],
])('sender-login restrictions: %j', (before, expected) => {
  expect(lintedWords(`${before}smtpd_sender_restrictions = reject_sender_login_mismatch`)).toEqual(expected);
});

test.each([
  ['', ['unlisted-without-users reject_unlisted_sender']],
  ['local_recipient_maps = proxy:unix:passwd.byname\n', []],
  ['local_recipient_maps =\n', []],
  ['mydestination =\n', []],
])('unlisted users without a table of users: %j', (before, expected) => {
  expect(lintedWords(`${before}smtpd_sender_restrictions = reject_unlisted_sender`)).toEqual(expected);
});

test.each([
  // smtpd's own checks of these lists: nothing else is meant.
  ['client', `check_client_access ${table} ${table}`, []],
  ['recipient', `check_client_access ${table} static:DUNNO, reject_unauth_destination`, ['static:DUNNO']],
  ['sender', `check_helo_access ${table}, static:DUNNO`, []],
  ['sender', `check_helo_access ${table}\n  static:DUNNO`, []],
  ['sender', `check_sender_mx_access static:DUNNO ${table}`, [table]],
  ['sender', `reject_non_fqdn_sender ${table}`, []],
])('two tables behind one check: %s, %s', (list, restrictions, expected) => {
  const found = lintedWords(`smtpd_${list}_restrictions = ${restrictions}`);
  expect(found.filter((words) => words.startsWith('doubled-argument'))).toEqual(
    expected.map((words) => `doubled-argument ${words}`),
  );
});
const LOGINS = 'smtpd_sasl_auth_enable = yes\nsmtpd_sender_login_maps = static:bob\n';

test.each([
  [
    'permit_mynetworks, permit_sasl_authenticated, reject_sender_login_mismatch',
    ['reject_sender_login_mismatch'],
  ],
  ['permit_sasl_authenticated, check_sasl_access static:REJECT', ['check_sasl_access']],
  ['reject_sender_login_mismatch, permit_sasl_authenticated, reject_non_fqdn_sender', []],
  // For those who have not logged in.
  ['reject_authenticated_sender_login_mismatch, permit_sasl_authenticated, reject_sender_login_mismatch', []],
  [
    'reject_sender_login_mismatch, permit_sasl_authenticated, check_sasl_access static:REJECT',
    ['check_sasl_access'],
  ],
  ['permit_sasl_authenticated, reject_unauthenticated_sender_login_mismatch', []],
])('a check of logins: %s', (list, names) => {
  expect(lintedWords(`${LOGINS}smtpd_sender_restrictions = ${list}`)).toEqual(
    names.map((name) => `late-login-check ${name}`),
  );
});

test.each([
  ['reject_rbl_client bl.spamcop.net, permit_mynetworks', ['permit_mynetworks']],
  ['reject_rbl_client bl.spamcop.net, permit', []],
  ['permit_mynetworks, reject_rbl_client bl.spamcop.net', []],
  ['permit_mynetworks, permit_sasl_authenticated', []],
])('a permit at the end: %s', (list, names) => {
  expect(lintedWords(`smtpd_client_restrictions = ${list}`)).toEqual(
    names.map((name) => `idle-permit ${name}`),
  );
});

test.each([
  ['soft_bounce = yes', ['yes']],
  ['soft_bounce = no', []],
  ['mynetworks_style = class', ['class']],
  ['mynetworks_style = class\nmynetworks = 127.0.0.0/8', []],
  ['mynetworks_style = host', []],
  ['smtpd_reject_unlisted_recipient = no', ['no']],
  [
    'smtpd_reject_unlisted_recipient = no\nlocal_recipient_maps = static:x\nsmtpd_recipient_restrictions = reject_unauth_destination, reject_unlisted_recipient',
    [],
  ],
  // Said on purpose: nobody's users are known here.
  ['local_recipient_maps =', []],
])('a setting for a trial: %j', (mainCf, words) => {
  expect(lintedWords(mainCf)).toEqual(words.map((word) => `loose-setting ${word}`));
});

test.each([
  ['smtpd_helo_required = yes # keep the bots out', ['# keep the bots out']],
  ['myhostname = mx.example.com  # the first', ['# the first']],
  ['relayhost = [192.0.2.1] #', ['#']],
  ['smtpd_banner = $myhostname ESMTP # no spam', []],
  ['recipient_delimiter = #', []],
  ['# a comment\nmyhostname = mx.example.com\n  # another\n', []],
])('a remark in a value: %j', (mainCf, words) => {
  expect(lintedWords(mainCf)).toEqual(words.map((word) => `remark-in-value ${word}`));
});
