/** Checks of logins that no login comes to. */
import { quote } from '../../../language/quote.ts';
import type { Restriction } from '../../../restrictions/restriction.ts';
import type { LintRule } from '../lint-rule.ts';
import { flatItems } from '../restriction-list.ts';

/** What they do for those who have logged in. */
const CHECKS: readonly string[] = [
  'check_sasl_access',
  'reject_sender_login_mismatch',
  'reject_authenticated_sender_login_mismatch',
  'reject_known_sender_login_mismatch',
];

export const lateLoginCheck: LintRule = {
  code: 'late-login-check',
  severity: 'warning',
  summary: 'A check of logins behind permit_sasl_authenticated.',
  reason:
    'Who has logged in is let through before it, and may use every sender address: the check is for those who have not.',
  example: `smtpd_sasl_auth_enable = yes
smtpd_sender_login_maps = static:nobody
smtpd_sender_restrictions = permit_sasl_authenticated, reject_authenticated_sender_login_mismatch`,
  *check({ lists, classes }) {
    for (const list of lists) {
      const items = [...flatItems(list.items, classes)];
      const permit = items.findIndex(({ restriction }) => restriction.name === 'permit_sasl_authenticated');
      if (permit < 0) continue;
      for (const { restriction, token } of items.slice(permit + 1)) {
        if (!CHECKS.includes(restriction.name)) continue;
        // It is for strangers then: those who have logged in have met one of its kind.
        const isMet = items.slice(0, permit).some((item) => isSameKind(item.restriction, restriction));
        if (isMet) continue;
        yield {
          message: `${quote(token.text)} in ${list.parameter} does not see who has logged in: \`permit_sasl_authenticated\` lets him through before it`,
          span: token.span,
          help: 'write it before `permit_sasl_authenticated`',
        };
      }
    }
  },
};

function isSameKind(one: Restriction, other: Restriction): boolean {
  return one.name === other.name || (isOfOwners(one) && isOfOwners(other));
}

/** It asks smtpd_sender_login_maps about those who have logged in. */
function isOfOwners({ name }: Restriction): boolean {
  return CHECKS.includes(name) && name !== 'check_sasl_access';
}
