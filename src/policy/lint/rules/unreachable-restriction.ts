/** What follows a restriction that always ends the list. */
import { quote } from '../../../language/quote.ts';
import type { LintContext, LintRule } from '../lint-rule.ts';
import type { ListItem } from '../restriction-list.ts';

/** As deep as smtpd(8) follows classes. */
const MAX_DEPTH = 100;
const REFUSING: readonly string[] = ['reject', 'defer', 'check_relay_domains'];

export const unreachableRestriction: LintRule = {
  code: 'unreachable-restriction',
  severity: 'warning',
  summary: 'A restriction after permit, reject, defer or check_relay_domains.',
  reason: 'Nothing after them is ever looked at: whoever wrote it believes in a check that is not made.',
  example: 'smtpd_client_restrictions = permit_mynetworks, permit, reject_unknown_client_hostname',
  *check(context) {
    const ends = new Ends(context);
    for (const { items } of [...context.lists, ...context.classes.values()]) {
      const end = items.findIndex((item) => ends.always(item));
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

/** Says whether an item always ends the list. Looks at each class once, however many name it. */
class Ends {
  readonly #classes: LintContext['classes'];
  readonly #known = new Map<string, boolean>();

  constructor({ classes }: LintContext) {
    this.#classes = classes;
  }

  /** warn_if_reject lets the list go on after a rejection; a permit it cannot soften. */
  always(item: ListItem, isSoftened = false, depth = 0): boolean {
    const isWarned = isSoftened || item.isWarned;
    if (item.kind === 'restriction') {
      const { name } = item.restriction;
      return name === 'permit' || (REFUSING.includes(name) && !isWarned);
    }
    if (item.kind === 'unknown' || depth > MAX_DEPTH) return false;
    const key = `${isWarned} ${item.token.text}`;
    let ends = this.#known.get(key);
    if (ends === undefined) {
      // What contains itself ends nothing by that.
      this.#known.set(key, false);
      const items = this.#classes.get(item.token.text)?.items ?? [];
      ends = items.some((one) => this.always(one, isWarned, depth + 1));
      this.#known.set(key, ends);
    }
    return ends;
  }
}
