/** warn_if_reject with nothing to soften. */
import { quote } from '../../../language/quote.ts';
import type { LintRule } from '../lint-rule.ts';
import type { ListItem } from '../restriction-list.ts';

export const idleWarnIfReject: LintRule = {
  code: 'idle-warn-if-reject',
  severity: 'warning',
  summary: 'warn_if_reject at the end of a list, or before a restriction that never rejects.',
  reason: 'It softens the one restriction behind it. What was meant to be tried out is not, or is in force.',
  example: 'smtpd_client_restrictions = reject_unknown_client_hostname, warn_if_reject',
  *check({ lists, classes }) {
    for (const { items } of [...lists, ...classes.values()]) {
      for (const [index, item] of items.entries()) {
        if (item.kind !== 'restriction' || item.restriction.name !== 'warn_if_reject') continue;
        const next = items[index + 1];
        if (next !== undefined && canReject(next)) continue;
        yield {
          message:
            next === undefined
              ? '`warn_if_reject` at the end of the list softens nothing'
              : `\`warn_if_reject\` has no effect on ${quote(next.token.text)}, which never rejects`,
          span: item.token.span,
          help: 'write it before the restriction that is to be tried out',
        };
      }
    }
  },
};

function canReject(item: ListItem): boolean {
  if (item.kind !== 'restriction') return true;
  const { yields, support } = item.restriction;
  if (support.level === 'undecidable') return true;
  // permit_mynetworks and its like reject only when a table fails.
  if (item.restriction.name.startsWith('permit')) return yields.includes('defer_if_reject');
  return !yields.every((kind) => kind === 'dunno' || kind === 'permit');
}
