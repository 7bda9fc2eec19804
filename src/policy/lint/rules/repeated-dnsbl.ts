/** DNS lists asked twice, or together with one that has all their entries. */
import { findDnsbl } from '../../../dns/dnsbl-knowledge.ts';
import { formatSpan } from '../../../language/source.ts';
import { type DnsblUse, dnsblUses } from '../dnsbl-use.ts';
import type { LintRule } from '../lint-rule.ts';

export const repeatedDnsbl: LintRule = {
  code: 'repeated-dnsbl',
  severity: 'note',
  summary: 'A DNS list asked twice in a list, or beside one that includes it.',
  reason: 'The second question gets the same answer: it costs a query for every client and rejects nobody.',
  example:
    'smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org, reject_rbl_client sbl.spamhaus.org',
  *check(context) {
    for (const uses of Map.groupBy(dnsblUses(context), ({ list }) => list).values()) {
      const first = new Map<string, DnsblUse>();
      for (const use of uses) {
        const key = `${use.restriction} ${use.argument.toLowerCase()}`;
        if (!first.has(key)) first.set(key, use);
      }
      for (const use of uses) {
        const same = first.get(`${use.restriction} ${use.argument.toLowerCase()}`);
        const whole = wholeOf(use, first);
        if (same !== undefined && same !== use) {
          yield {
            message: `\`${use.argument}\` is asked already at ${formatSpan(same.span)}`,
            span: use.span,
            help: 'remove it',
          };
        } else if (whole !== undefined) {
          yield {
            message: `\`${whole.domain}\`, asked at ${formatSpan(whole.span)}, has all that \`${use.domain}\` lists`,
            span: use.span,
            help: 'remove it',
          };
        }
      }
    }
  },
};

/** A list asked without a filter that has this one in it: what a filter lets through is its author's choice. */
function wholeOf(use: DnsblUse, uses: ReadonlyMap<string, DnsblUse>): DnsblUse | undefined {
  for (let zone = findDnsbl(use.domain)?.partOf; zone !== undefined; zone = findDnsbl(zone)?.partOf) {
    const whole = uses.get(`${use.restriction} ${zone}`);
    if (whole !== undefined) return whole;
  }
  return undefined;
}
