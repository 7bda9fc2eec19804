/** Results that name a table. */
import { parseAction } from '../../../access/action.ts';
import { quote } from '../../../language/quote.ts';
import { accessEntries } from '../access-entries.ts';
import type { LintRule } from '../lint-rule.ts';

export const tableInResult: LintRule = {
  code: 'table-in-result',
  severity: 'warning',
  summary: 'A result of an access table with a lookup table or a colon in it.',
  reason:
    'Postfix opens tables when it starts, not while mail waits: it answers `451 4.3.5 Server configuration error`.',
  example:
    'smtpd_recipient_restrictions = check_recipient_access hash:$config_directory/access, reject_unauth_destination',
  exampleTable: 'example.com check_sender_access hash:/etc/postfix/partners\n',
  *check(context) {
    for (const { row, table } of accessEntries(context)) {
      const action = parseAction(row.value);
      if (action.kind !== 'list' || !action.text.includes(':')) continue;
      yield {
        message: `the result ${quote(row.value)} of ${quote(table.spec)} cannot have a lookup table in it: who is found here gets \`451 4.3.5 Server configuration error\``,
        span: row.valueSpan,
        help: 'define a restriction class (RESTRICTION_CLASS_README) and write its name; a text needs REJECT or a reply code before it',
      };
    }
  },
};
