/** What operators of DNS lists want to be known. */
import { findDnsbl } from '../../../dns/dnsbl-knowledge.ts';
import { dnsblUses } from '../dnsbl-use.ts';
import type { LintRule } from '../lint-rule.ts';

export const dnsblTerms: LintRule = {
  code: 'dnsbl-terms',
  severity: 'note',
  summary: 'A DNS list that wants a registration, refuses public resolvers or lists more than spammers.',
  reason:
    'Such a list answers with an error or not at all, which looks like a list without entries; or it rejects mail that its user wants.',
  example: 'smtpd_client_restrictions = reject_rbl_client b.barracudacentral.org',
  *check(context) {
    const said = new Set<string>();
    for (const { domain, span } of dnsblUses(context)) {
      const { terms, zone } = findDnsbl(domain) ?? {};
      if (terms === undefined || zone === undefined || said.has(terms)) continue;
      said.add(terms);
      yield {
        message: `the operator of \`${zone}\` has terms: the list ${terms}`,
        span,
        help: 'see that your resolver and your use of the list comply, or remove it',
      };
    }
  },
};
