import { expect, test } from 'vitest';
import type { Diagnostic } from '../../src/language/diagnostic.ts';
import { parseMainCf } from '../../src/language/main-cf.ts';
import { Source } from '../../src/language/source.ts';
import { reportUnknownParameters } from '../../src/policy/unknown-parameters.ts';

function doubts(mainCf: string, classNames: readonly string[] = []): string[] {
  const found: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic) => found.push(diagnostic);
  const assignments = parseMainCf(new Source('main.cf', mainCf), report);
  reportUnknownParameters(assignments, new Set(classNames), report);
  return found.map(({ code, help }) => `${code}: ${help}`);
}

test.each([
  ['smtpd_recipient_restrictoions', 'misspelt-parameter: did you mean `smtpd_recipient_restrictions`?'],
  ['smptd_client_restrictions', 'misspelt-parameter: did you mean `smtpd_client_restrictions`?'],
  // Parameters that no policy reads are misspelt as well.
  ['smtpd_helo_requried', 'misspelt-parameter: did you mean `smtpd_helo_required`?'],
  ['smtpd_recipient_limt', 'misspelt-parameter: did you mean `smtpd_recipient_limit`?'],
  ['broken_sasl_auth_client', 'misspelt-parameter: did you mean `broken_sasl_auth_clients`?'],
  ['our_networks', 'unused-parameter: remove it, unless a service of master.cf uses it as `$our_networks`'],
  // Debian's master.cf has these names commented out, for people to define.
  [
    'mua_client_restrictions',
    'unused-parameter: remove it, unless a service of master.cf uses it as `$mua_client_restrictions`',
  ],
  [
    'mua_sender_restrictions',
    'unused-parameter: remove it, unless a service of master.cf uses it as `$mua_sender_restrictions`',
  ],
])('%s', (name, expected) => {
  expect(doubts(`${name} = permit\n`)).toEqual([expected]);
});

test('a name that something uses is nobody’s mistake', () => {
  expect(
    doubts('ours = permit\nmine = $ours\nsmtpd_sender_restrictions = $mine, theirs\ntheirs = reject\n', [
      'theirs',
    ]),
  ).toEqual([]);
});

test('the parameters of a map that stand in main.cf are its own', () => {
  const maps = 'virtual_alias_maps = ldap:users, proxy:mysql:boxes\n';
  expect(doubts(`${maps}users_server_host = localhost\nboxes_hosts = localhost\n`)).toEqual([]);
  expect(doubts(`${maps}user_server_host = localhost\n`)).toHaveLength(1);
});

test('soon, however many maps and names there are', () => {
  const count = 40_000;
  const maps = Array.from({ length: count }, (_, index) => `ldap:m${index}`).join(' ');
  const own = Array.from({ length: count }, (_, index) => `m${index}_scope = one\n`).join('');
  expect(doubts(`virtual_alias_maps = ${maps}\n${own}n${count}_scope = one\n`)).toHaveLength(1);
}, 10_000);
