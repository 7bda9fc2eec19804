/** Whatever a policy and its table say, the rules end, and point at places that are there. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LINT_RULES } from '../../../src/policy/lint/rules.ts';
import { RESTRICTION_NAMES } from '../../../src/restrictions/registry.ts';
import { lintText } from './lint-text.ts';

const TABLES = ['hash', 'cidr', 'pcre', 'texthash'].map((type) => `${type}:$config_directory/access`);
const WORDS = [
  ...RESTRICTION_NAMES,
  ...TABLES,
  ...['one', 'two', 'static:550', 'inline:{a=OK}', 'zen.spamhaus.org', 'spamcop.net=127.0.0.2', '{', '}'],
];
const VALUES = ['OK', '550', 'REJECT 5.7.1', 'one', 'FILTER x', 'hash:/x', '450 5.1.1 x', '$1', ''];
const KEYS = [
  '192.0.2.',
  '192.0.2.0/24',
  '::/0',
  '[::1]',
  '@a',
  '*',
  '/a/',
  '!/b/i',
  'if /a/',
  'endif',
  '  x',
  '"',
];

const list = fc.array(fc.constantFrom(...WORDS), { maxLength: 8 }).map((words) => words.join(' '));
const parameter = fc.constantFrom(
  ...['client', 'helo', 'sender', 'relay', 'recipient', 'data', 'etrn'].map(
    (name) => `smtpd_${name}_restrictions`,
  ),
  'one',
  'two',
  'mynetworks',
  'maps_rbl_domains',
);
const mainCf = fc
  .array(fc.tuple(parameter, list), { maxLength: 8 })
  .map((lines) =>
    ['smtpd_restriction_classes = one two', ...lines.map((line) => line.join(' = '))].join('\n'),
  );
const access = fc
  .array(fc.tuple(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES)), { maxLength: 12 })
  .map((rows) => rows.map((row) => row.join(' ')).join('\n'));

test('random policies and tables', () => {
  const codes = new Set<string>();
  fc.assert(
    fc.property(mainCf, access, (policy, table) => {
      for (const { code, span, message, help } of lintText(policy, table)) {
        codes.add(code);
        expect(span && span.start >= 0 && span.start <= span.end && span.end <= span.source.text.length).toBe(
          true,
        );
        expect(`${message} ${help}`).not.toContain('undefined');
      }
    }),
    { numRuns: 300 },
  );
  // Nearly every rule has had its say, so that this tests something.
  expect(codes.size).toBeGreaterThan(LINT_RULES.length / 2);
});

test('classes that double each other', () => {
  const names = Array.from({ length: 60 }, (_, at) => `c${at}`);
  const lines = names.map((name, at) => `${name} = ${names[at + 1] ?? 'reject'} ${names[at + 1] ?? ''}`);
  const policy = [
    `smtpd_restriction_classes = ${names.join(' ')}`,
    ...lines,
    'smtpd_recipient_restrictions = c0, sleep 1',
  ].join('\n');
  expect(lintText(policy).map(({ code }) => code)).toContain('unreachable-restriction');
});
