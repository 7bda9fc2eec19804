/** Results that name a table. */
import { parseAction } from '../../../access/action.ts';
import { quote } from '../../../language/quote.ts';
import type { LintRule } from '../lint-rule.ts';
import { results } from '../results.ts';
import { strayMark, strayMessage } from '../stray-mark.ts';

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
    for (const { value, span, origin, whom } of results(context)) {
      const action = parseAction(value);
      if (action.kind !== 'list' || !action.text.includes(':')) continue;
      const stray = strayMark(value);
      if (stray?.mark.includes(':')) {
        yield {
          message: `${strayMessage(stray)}: Postfix takes ${quote(value)} for a lookup table, and ${whom} gets \`451 4.3.5 Server configuration error\``,
          span,
          help: `write ${quote(stray.meant ?? `${stray.verb} go away`)}`,
        };
        continue;
      }
      yield {
        message: `the result ${quote(value)} of ${quote(origin)} cannot have a lookup table in it: ${whom} gets \`451 4.3.5 Server configuration error\``,
        span,
        help: 'define a restriction class (RESTRICTION_CLASS_README) and write its name; a text needs REJECT or a reply code before it',
      };
    }
  },
};
