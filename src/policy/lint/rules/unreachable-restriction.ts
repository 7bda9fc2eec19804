/** What follows a restriction that always ends the list. */
import { quote } from '../../../language/quote.ts';
import type { LintContext, LintRule } from '../lint-rule.ts';
import { flatItems, type ListItem } from '../restriction-list.ts';

const REFUSING: readonly string[] = ['reject', 'defer', 'check_relay_domains'];

export const unreachableRestriction: LintRule = {
  code: 'unreachable-restriction',
  severity: 'warning',
  summary: 'A restriction after permit, reject, defer or check_relay_domains.',
  reason: 'Nothing after them is ever looked at: whoever wrote it believes in a check that is not made.',
  example: 'smtpd_client_restrictions = permit_mynetworks, permit, reject_unknown_client_hostname',
  *check(context) {
    for (const { items } of [...context.lists, ...context.classes.values()]) {
      const end = items.findIndex((item) => endsList(item, context));
      const last = items[end];
      const [next, ...others] = items.slice(end + 1);
      if (end < 0 || last === undefined || next === undefined) continue;
      const more = others.length === 0 ? '' : ', and so is what follows it';
      yield {
        message: `restriction ${quote(next.token.text)} after ${quote(last.token.text)} is ignored${more}`,
        span: next.token.span,
        help: `move ${quote(last.token.text)} to the end of the list, or remove what follows it`,
      };
    }
  },
};

/** warn_if_reject lets the list go on after a rejection; a permit it cannot soften. */
function endsList(item: ListItem, { classes }: LintContext): boolean {
  return flatItems([item], classes).some(
    ({ restriction: { name }, isWarned }) => name === 'permit' || (REFUSING.includes(name) && !isWarned),
  );
}
