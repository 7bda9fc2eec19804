/** DNS lists that closed. */
import { findDnsbl } from '../../../dns/dnsbl-knowledge.ts';
import { dnsblUses } from '../dnsbl-use.ts';
import type { LintRule } from '../lint-rule.ts';

export const closedDnsbl: LintRule = {
  code: 'closed-dnsbl',
  severity: 'warning',
  summary: 'A DNS list that has closed.',
  reason:
    'At best it costs a query that waits for nobody. Closed lists have come back to list every address, so that all mail is rejected.',
  example: 'smtpd_client_restrictions = reject_rbl_client relays.ordb.org',
  *check(context) {
    for (const { domain, span } of dnsblUses(context)) {
      const facts = findDnsbl(domain);
      if (facts?.status !== 'closed') continue;
      const fate = facts.listsEverybody ? ', and later listed every address' : '';
      yield {
        message: `the DNSBL \`${domain}\` has closed (${facts.since})${fate}`,
        span,
        help: 'remove it',
      };
    }
  },
};
