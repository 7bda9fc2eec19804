/** Restriction classes that can never be used. */
import { quote } from '../../../language/quote.ts';
import { findRestriction } from '../../../restrictions/registry.ts';
import type { LintRule } from '../lint-rule.ts';

export const classNamedLikeRestriction: LintRule = {
  code: 'class-named-like-restriction',
  severity: 'warning',
  summary: 'A restriction class with the name of a restriction, or with a colon in it.',
  reason: 'Postfix looks for a class only after all its own names, so that the class is never used.',
  example: `smtpd_restriction_classes = reject
reject = reject_non_fqdn_sender
smtpd_sender_restrictions = reject`,
  *check({ parameters }) {
    for (const { text, span } of parameters.tokens('smtpd_restriction_classes')) {
      const isRestriction = findRestriction(text) !== undefined;
      if (!isRestriction && !text.includes(':')) continue;
      yield {
        message: `restriction class ${quote(text)} is never used: ${isRestriction ? 'Postfix has a restriction of that name' : 'in a list it reads as a table'}`,
        span,
        help: 'give it another name',
      };
    }
  },
};
