/** OK where Postfix forbids it. */
import { parseAction } from '../../../access/action.ts';
import { quote } from '../../../language/quote.ts';
import { accessEntries } from '../access-entries.ts';
import type { LintRule } from '../lint-rule.ts';

const FORBIDS_OK = /_(?:a|mx|ns)_access$|^check_reverse_client_hostname_access$/;

export const forbiddenOk: LintRule = {
  code: 'forbidden-ok',
  severity: 'warning',
  summary: 'OK in a table of check_*_{a,mx,ns}_access or check_reverse_client_hostname_access.',
  reason:
    'Who runs a DNS zone decides what these look at, and could let himself in: Postfix answers `451 4.3.5 Server configuration error`.',
  example: 'smtpd_sender_restrictions = check_sender_mx_access cidr:$config_directory/access',
  exampleTable: '192.0.2.0/24 OK\n',
  *check(context) {
    for (const { row, table } of accessEntries(context)) {
      const user = table.users.find(({ restriction }) => FORBIDS_OK.test(restriction.name));
      if (user === undefined || parseAction(row.value).kind !== 'permit') continue;
      yield {
        message: `restriction \`${user.restriction.name}\` returns OK for ${quote(row.key)}: this is not allowed for security reasons`,
        span: row.valueSpan,
        help: 'use DUNNO instead of OK if you want to make an exception',
      };
    }
  },
};
