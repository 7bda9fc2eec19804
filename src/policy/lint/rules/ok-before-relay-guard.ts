/** An OK of an access table that comes before relaying is refused. */
import { parseAction } from '../../../access/action.ts';
import { quote } from '../../../language/quote.ts';
import type { AccessRow } from '../access-table.ts';
import type { LintContext, LintRule } from '../lint-rule.ts';
import { dangersBeforeGuard, isForOwnRecipients, tableOf } from '../relay-guard.ts';
import type { RestrictionItem } from '../restriction-list.ts';

/** Whom an OK lets relay, by the check that finds it. Logins and certificates are proof enough. */
const WHO: Readonly<Record<string, string>> = {
  check_client_access: 'this client',
  check_helo_access: 'every client that says this HELO name',
  check_sender_access: 'every client that gives this sender address',
  check_recipient_access: 'every client that writes to this recipient',
};

export const okBeforeRelayGuard: LintRule = {
  code: 'ok-before-relay-guard',
  severity: 'warning',
  summary: 'An OK in an access table that is asked before reject_unauth_destination.',
  reason:
    'OK ends the list, and with it the refusal to relay. HELO names and sender addresses are whatever a client says (SMTPD_ACCESS_README, "Dangerous use of smtpd_recipient_restrictions").',
  example: `smtpd_recipient_restrictions =
    check_sender_access hash:$config_directory/access, reject_unauth_destination`,
  exampleTable: 'partner.example OK\n',
  *check(context) {
    const dangers = dangersBeforeGuard(
      context,
      (item) => WHO[item.restriction.name] !== undefined && okRows(item, context).length > 0,
    );
    for (const { list, item, table } of dangers) {
      const way = table === undefined ? 'asks this table' : `comes to this table by ${quote(table.spec)}`;
      for (const row of okRows(item, context)) {
        yield {
          message: `${quote(row.value)} lets ${WHO[item.restriction.name]} relay: ${list.parameter} ${way} before it refuses relaying`,
          span: row.valueSpan,
          help: 'write the check behind `reject_unauth_destination`, or `permit_auth_destination` instead of OK',
        };
      }
    }
  },
};

function okRows(item: RestrictionItem, context: LintContext): readonly AccessRow[] {
  const table = tableOf(item, context);
  if (table === undefined) return [];
  return table.rows.filter(
    (row) => parseAction(row.value).kind === 'permit' && !isForOwnRecipients(item, row, table, context),
  );
}
