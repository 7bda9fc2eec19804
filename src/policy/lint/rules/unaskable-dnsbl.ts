/** DNS lists that cannot be asked for, since their name is none. */
import { queryName } from '../../../dns/query-name.ts';
import { quote } from '../../../language/quote.ts';
import { dnsblUses } from '../dnsbl-use.ts';
import type { LintRule } from '../lint-rule.ts';

/** Any client's: what counts is the domain behind it. */
const REVERSED = '2.0.0.127';

export const unaskableDnsbl: LintRule = {
  code: 'unaskable-dnsbl',
  severity: 'warning',
  summary: 'A DNS list with a final dot, a slash or another character that no host name has.',
  reason:
    'Postfix asks for valid host names only, and takes all others for names that do not exist. So does Postward: the restriction lets everybody pass.',
  example: 'smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org.',
  *check(context) {
    for (const { domain, span } of dnsblUses(context)) {
      if (domain === '' || queryName(`${REVERSED}.${domain}`) !== undefined) continue;
      const meant = domain.replace(/^[a-z]+:\/+/, '').replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
      const isMended = meant !== '' && queryName(`${REVERSED}.${meant}`) !== undefined;
      yield {
        message: `the DNS list ${quote(domain)} is never asked: that is no valid host name`,
        span,
        help: isMended ? `write \`${meant}\`` : 'write the domain of the list, such as `zen.spamhaus.org`',
      };
    }
  },
};
