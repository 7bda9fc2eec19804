/** Permits that change nothing. */
import { quote } from '../../../language/quote.ts';
import type { LintRule } from '../lint-rule.ts';
import type { ListItem } from '../restriction-list.ts';

export const idlePermit: LintRule = {
  code: 'idle-permit',
  severity: 'note',
  summary: 'A permit_* at the end of a list.',
  reason:
    'The end of a list permits. An exception counts for what stands behind it; what stands before it has decided already.',
  example:
    'smtpd_client_restrictions = reject_rbl_client bl.spamcop.net, permit_dnswl_client list.dnswl.org=127.0.[2..20].[1..3]',
  *check({ lists }) {
    for (const { items, parameter } of lists) {
      const last = items.at(-1);
      // A list of permits only is the beginning of one.
      if (last?.kind !== 'restriction' || last.isWarned || items.every(isPermit) || !isPermit(last)) continue;
      yield {
        message: `${quote(last.token.text)} at the end of ${parameter} changes nothing: the end of a list permits`,
        span: last.token.span,
        help: 'write it before the restrictions that it is to be an exception from',
      };
    }
  },
};

/** `permit` itself is how many write the end of a list. */
function isPermit(item: ListItem): boolean {
  return item.kind === 'restriction' && item.restriction.name.startsWith('permit_');
}
