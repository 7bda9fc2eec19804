/** Restrictions that Postfix 3.9 has given up, or will. */
import type { LintRule } from '../lint-rule.ts';
import { everyItem } from '../restriction-list.ts';

const FATES: Readonly<Record<string, { readonly fate: string; readonly help: string }>> = {
  check_relay_domains: {
    fate: 'has been removed in Postfix 3.9',
    help: 'write `permit_mynetworks, reject_unauth_destination`',
  },
  reject_maps_rbl: {
    fate: 'has been removed in Postfix 3.9',
    help: 'write `reject_rbl_client` for each domain of maps_rbl_domains',
  },
  permit_naked_ip_address: {
    fate: 'has been removed in Postfix 3.9',
    help: 'write `permit_mynetworks` or `permit_sasl_authenticated`',
  },
  permit_mx_backup: {
    fate: 'will be removed from Postfix',
    help: 'name the domains in `relay_domains`',
  },
};

export const removedRestriction: LintRule = {
  code: 'removed-restriction',
  severity: 'warning',
  summary: 'A restriction that was removed from Postfix 3.9, or will be removed.',
  reason: 'Postward decides it as older versions did; Postfix 3.9 and later answer 451 when they come to it.',
  example: 'smtpd_recipient_restrictions = permit_mynetworks, check_relay_domains',
  *check(context) {
    for (const { item } of everyItem(context)) {
      const { fate, help } = FATES[item.restriction.name] ?? {};
      if (fate === undefined || help === undefined) continue;
      const message = `support for restriction \`${item.token.text}\` ${fate}`;
      yield { message, span: item.token.span, help };
    }
  },
};
