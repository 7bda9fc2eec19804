/** DNS lists asked about what they do not list, or taken for their opposite. */
import { type DnsblFacts, findDnsbl } from '../../../dns/dnsbl-knowledge.ts';
import { type DnsblUse, dnsblUses } from '../dnsbl-use.ts';
import type { LintRule } from '../lint-rule.ts';

const ABOUT_ADDRESSES: readonly string[] = ['reject_rbl_client', 'permit_dnswl_client', 'reject_maps_rbl'];

export const dnsblSubject: LintRule = {
  code: 'dnsbl-subject',
  severity: 'warning',
  summary:
    'A list of addresses asked about names, a list of names asked about addresses, an allow list that rejects or a deny list that permits.',
  reason: 'The list has no entries of that kind, or means the opposite with them.',
  example: 'smtpd_client_restrictions = reject_rbl_client dbl.spamhaus.org',
  *check(context) {
    for (const use of dnsblUses(context)) {
      const facts = findDnsbl(use.domain);
      if (facts?.status !== 'alive' || use.isScored) continue;
      const mistake = mistakeOf(use, facts);
      if (mistake !== undefined) yield { ...mistake, span: use.span };
    }
  },
};

function mistakeOf(
  { restriction, domain }: DnsblUse,
  { subject, isAllowList }: DnsblFacts,
): { message: string; help: string } | undefined {
  const isPermit = restriction.startsWith('permit_');
  if (isPermit !== (isAllowList ?? false)) {
    return isPermit
      ? {
          message: `\`${domain}\` is a list of bad clients: ${restriction} lets those in that it lists`,
          help: 'use reject_rbl_client',
        }
      : {
          message: `\`${domain}\` is a list of good clients: ${restriction} rejects those that it lists`,
          help: 'use permit_dnswl_client',
        };
  }
  const asked = ABOUT_ADDRESSES.includes(restriction) ? 'address' : 'domain';
  if (subject === 'both' || subject === asked) return undefined;
  return subject === 'address'
    ? {
        message: `\`${domain}\` lists addresses; ${restriction} asks it about names`,
        help: 'use reject_rbl_client',
      }
    : {
        message: `\`${domain}\` lists domains; ${restriction} asks it about addresses`,
        help: 'use reject_rhsbl_sender, reject_rhsbl_client or reject_rhsbl_helo',
      };
}
