/** An OK of an access table that comes before relaying is refused. */
import { parseAction } from '../../../access/action.ts';
import { quote } from '../../../language/quote.ts';
import type { AccessRow, AccessTable } from '../access-table.ts';
import type { LintContext, LintRule } from '../lint-rule.ts';
import { dangersBeforeGuard } from '../relay-guard.ts';
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
    for (const { list, item } of dangers) {
      for (const row of okRows(item, context)) {
        yield {
          message: `${quote(row.value)} lets ${WHO[item.restriction.name]} relay: ${list.parameter} asks this table before it refuses relaying`,
          span: row.valueSpan,
          help: 'write the check behind `reject_unauth_destination`, or `permit_auth_destination` instead of OK',
        };
      }
    }
  },
};

function okRows({ restriction, argument }: RestrictionItem, context: LintContext): readonly AccessRow[] {
  const table = context.accessTables.find(({ users }) => users.some((user) => user.argument === argument));
  const rows = table?.rows.filter(({ value }) => parseAction(value).kind === 'permit') ?? [];
  if (table === undefined || restriction.name !== 'check_recipient_access') return rows;
  return rows.filter((row) => !isOwnRecipient(row, table, context));
}

/** Mail for our own domains is no relaying. Domains that stand in tables are given the benefit of the doubt. */
function isOwnRecipient({ key }: AccessRow, { matching }: AccessTable, { parameters }: LintContext): boolean {
  if (matching !== 'exact' || key.endsWith('@')) return false;
  const domain = key.slice(key.lastIndexOf('@') + 1).toLowerCase();
  const own = ['mydestination', 'relay_domains', 'virtual_alias_domains', 'virtual_mailbox_domains'].flatMap(
    (parameter) => parameters.words(parameter),
  );
  return own.some((word) => {
    const name = word.toLowerCase();
    return /[:/]/.test(name) || name === domain || domain.endsWith(`.${name}`);
  });
}
