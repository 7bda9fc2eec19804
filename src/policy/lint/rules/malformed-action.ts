/** Actions whose argument makes no sense. */
import { parseAction } from '../../../access/action.ts';
import { quote } from '../../../language/quote.ts';
import type { LintRule } from '../lint-rule.ts';
import { results } from '../results.ts';

export const malformedAction: LintRule = {
  code: 'malformed-action',
  severity: 'warning',
  summary: 'FILTER, REDIRECT, BCC or PREPEND without the argument it needs.',
  reason: 'Postfix warns when mail comes to it, and goes on as if the entry were not there.',
  example: 'smtpd_sender_restrictions = check_sender_access hash:$config_directory/access',
  exampleTable: 'newsletter.example REDIRECT postmaster\n',
  *check(context) {
    for (const { value, span, isTemplate } of results(context)) {
      const action = parseAction(value);
      // What `$1` stands for is known when mail comes.
      if (action.kind !== 'malformed' || isTemplate) continue;
      yield {
        message: `${action.verb} requires ${action.expected}: ${quote(value)} is ignored`,
        span,
        help: `write \`${action.verb} ${action.expected}\``,
      };
    }
  },
};
