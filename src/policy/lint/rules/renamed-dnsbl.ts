/** DNS lists whose data is under another name, and names that never were lists. */
import { findDnsbl } from '../../../dns/dnsbl-knowledge.ts';
import { dnsblUses } from '../dnsbl-use.ts';
import type { LintRule } from '../lint-rule.ts';

export const renamedDnsbl: LintRule = {
  code: 'renamed-dnsbl',
  severity: 'warning',
  summary: 'A DNS list under a name that is not, or no longer, its own.',
  reason: 'The query finds nothing, so that the restriction lets everybody pass.',
  example: 'smtpd_client_restrictions = reject_rbl_client spamcop.net',
  *check(context) {
    for (const { domain, span } of dnsblUses(context)) {
      const facts = findDnsbl(domain);
      if (facts?.successor === undefined) continue;
      const isMistaken = facts.status === 'no_list';
      yield {
        message: isMistaken
          ? `\`${domain}\` is no DNSBL: the list is \`${facts.successor}\``
          : `the DNSBL \`${domain}\` is part of \`${facts.successor}\` now`,
        span,
        help: `write \`${facts.successor}\``,
      };
    }
  },
};
