/** Restrictions that a DNS list restriction before them takes for its list. */
import { findRestriction } from '../../../restrictions/registry.ts';
import { dnsblUses } from '../dnsbl-use.ts';
import type { LintRule } from '../lint-rule.ts';

export const swallowedRestriction: LintRule = {
  code: 'swallowed-restriction',
  severity: 'warning',
  summary: 'The name of a restriction where the name of a DNS list must stand.',
  reason: 'Commas separate no more than blanks do: the restriction is asked for in DNS, and never evaluated.',
  example: 'smtpd_client_restrictions = reject_rbl_client, reject_unknown_client_hostname',
  *check(context) {
    for (const { restriction, argument, span } of dnsblUses(context)) {
      if (findRestriction(argument) === undefined) continue;
      yield {
        message: `${restriction} takes the next word, \`${argument}\`, for the name of its DNS list`,
        span,
        help: `write the name of the list after ${restriction}, or remove it`,
      };
    }
  },
};
