import { describe, expect, it, test } from 'vitest';
import { LINT_RULES } from '../../../src/policy/lint/rules.ts';
import { lintText } from './lint-text.ts';

describe('the table of lint rules', () => {
  it('has each code once, in kebab-case', () => {
    const codes = LINT_RULES.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
  });

  it('explains itself in sentences', () => {
    for (const { summary, reason } of LINT_RULES) {
      expect(summary).toMatch(/^[a-zA-Z].*\.$/s);
      expect(reason).toMatch(/^[A-Z].*[.)]$/s);
    }
  });
});

test.each(LINT_RULES.map((rule) => [rule.code, rule] as const))(
  '%s speaks up about its example, with a cure',
  (code, { severity, example, exampleTable }) => {
    const found = lintText(example, exampleTable).filter((diagnostic) => diagnostic.code === code);
    expect(found.length).toBeGreaterThan(0);
    for (const diagnostic of found) {
      expect(diagnostic.severity).toBe(severity);
      expect(diagnostic.message).toMatch(/^[^A-Z\n]|^(?:DSN|[A-Z]+ requires)/);
      expect(diagnostic.message).not.toMatch(/\.$|undefined/);
      expect(diagnostic.help).not.toMatch(/\.$|undefined|^$/);
      expect(diagnostic.span).toBeDefined();
    }
  },
);

test('a rule that has much to say of a file says the first, and that there is more', () => {
  const access = Array.from({ length: 15 }, (_, at) => `spam${at}.example 550\n`).join('');
  const found = lintText(
    'smtpd_sender_restrictions = check_sender_access hash:$config_directory/access',
    access,
  );
  expect(found).toHaveLength(11);
  expect(found.at(-1)).toMatchObject({
    code: 'bare-code',
    message: 'from here on there are more like those above',
  });
});

test('findings come in the order of the file', () => {
  const found = lintText(
    [
      'smtpd_recipient_restrictions = check_relay_domains, permit',
      'smtpd_client_restrictions = reject_unknown_client, reject_rbl_client spamcop.net',
    ].join('\n'),
  );
  const starts = found.map(({ span }) => span?.start ?? 0);
  expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  expect(new Set(found.map(({ code }) => code)).size).toBeGreaterThan(3);
});
