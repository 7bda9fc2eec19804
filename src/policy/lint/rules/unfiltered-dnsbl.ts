/** DNS lists that answer for good and bad alike, asked without a filter. */
import { findDnsbl } from '../../../dns/dnsbl-knowledge.ts';
import { dnsblUses } from '../dnsbl-use.ts';
import type { LintRule } from '../lint-rule.ts';

export const unfilteredDnsbl: LintRule = {
  code: 'unfiltered-dnsbl',
  severity: 'warning',
  summary: 'A DNS list that answers for others as well, asked without a filter.',
  reason: 'Without a filter every answer is a listing, also one that means the opposite.',
  example: 'smtpd_client_restrictions = reject_rbl_client hostkarma.junkemailfilter.com',
  *check(context) {
    for (const { restriction, argument, domain, span, isScored } of dnsblUses(context)) {
      const { status, listings, besides, isAllowList } = findDnsbl(domain) ?? {};
      if (status !== 'alive' || besides === undefined || argument.includes('=') || isScored) continue;
      const isPermit = restriction.startsWith('permit_');
      // The opposite of what the list is for has a rule of its own.
      if (isPermit !== (isAllowList ?? false)) continue;
      yield {
        message: `\`${domain}\` also answers for ${besides}: ${restriction} ${isPermit ? 'lets them in' : 'rejects them'}`,
        span,
        help: `write \`${restriction} ${domain}=${listings}\``,
      };
    }
  },
};
