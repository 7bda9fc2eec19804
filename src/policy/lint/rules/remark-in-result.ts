/** Remarks that are told to clients. */
import { parseAction } from '../../../access/action.ts';
import { quote } from '../../../language/quote.ts';
import type { LintRule } from '../lint-rule.ts';
import { results } from '../results.ts';

/** A `#` by itself, or as the first thing of a text: `ticket #123` is one. */
const REMARK = /\s#\s.*$|\s#$|(?<=^\S+\s+(?:[245]\.\d{1,3}\.\d{1,3}\s+)?)#.*$/s;
const WITH_TEXT: readonly string[] = ['reject', 'defer', 'defer_if_permit', 'defer_if_reject', 'code'];

export const remarkInResult: LintRule = {
  code: 'remark-in-result',
  severity: 'note',
  summary: 'A `#` in the text of a result.',
  reason:
    'A comment is a line of its own. What stands behind `#` here is a part of the reply, for all to read.',
  example: 'smtpd_sender_restrictions = check_sender_access hash:$config_directory/access',
  exampleTable: 'spam.example REJECT # that nuisance\n',
  *check(context) {
    for (const { value, span } of results(context)) {
      const remark = REMARK.exec(value)?.[0].trim();
      if (remark === undefined || !WITH_TEXT.includes(parseAction(value).kind)) continue;
      yield {
        message: `${quote(remark)} is a part of the reply: \`#\` starts a comment only where a line starts`,
        span,
        help: 'put the comment on a line of its own',
      };
    }
  },
};
