/** Restrictions by their former names. */
import type { LintRule } from '../lint-rule.ts';
import { everyItem } from '../restriction-list.ts';

export const oldName: LintRule = {
  code: 'old-name',
  severity: 'note',
  summary: 'A restriction by the name it had in an older Postfix.',
  reason: 'It works. The documentation knows it by its new name only.',
  example: 'smtpd_helo_restrictions = reject_unknown_hostname',
  *check(context) {
    for (const { item } of everyItem(context)) {
      const { restriction, token } = item;
      if (!restriction.aliases.includes(token.text.toLowerCase())) continue;
      yield {
        message: `\`${token.text}\` is an old name of ${restriction.name}`,
        span: token.span,
        help: `write \`${restriction.name}\``,
      };
    }
  },
};
