/** Remarks that are a part of a parameter's value. */
import { PARAMETER_BY_NAME } from '../../parameters.ts';
import { isPostfixParameter } from '../../postfix-parameters.ts';
import type { LintRule } from '../lint-rule.ts';

/** Kinds whose values are looked at word by word, or by their form, are told of elsewhere. */
const UNTOLD: readonly string[] = ['text'];
/** A greeting may say what it likes. */
const MAY_HAVE_IT: readonly string[] = ['smtpd_banner', 'mail_name', 'recipient_delimiter'];

export const remarkInValue: LintRule = {
  code: 'remark-in-value',
  severity: 'warning',
  summary: 'A `#` behind the value of a parameter.',
  reason:
    'A comment is a line of its own. Here it is a part of the value: a name with blanks in it, or a value that keeps Postfix from starting.',
  example: 'smtpd_helo_required = yes   # keep the bots out',
  *check({ assignments }) {
    for (const { name, value } of assignments) {
      const kind = PARAMETER_BY_NAME.get(name)?.kind;
      const isUntold = kind === undefined ? isPostfixParameter(name) : UNTOLD.includes(kind);
      const at = value.text.search(/(?<=\S\s+)#(?:\s|$)/);
      if (!isUntold || at < 0 || MAY_HAVE_IT.includes(name)) continue;
      yield {
        message: `\`#\` starts a comment only where a line starts: here it and what follows belong to ${name}`,
        span: value.span(at, value.text.length),
        help: 'put the comment on a line of its own',
      };
    }
  },
};
