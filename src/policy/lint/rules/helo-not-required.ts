/** HELO restrictions that a client passes by saying no HELO. */
import type { LintRule } from '../lint-rule.ts';
import { flatItems } from '../restriction-list.ts';

export const heloNotRequired: LintRule = {
  code: 'helo-not-required',
  severity: 'note',
  summary: 'HELO restrictions without smtpd_helo_required = yes.',
  reason: 'A client that says neither HELO nor EHLO skips them all.',
  example: 'smtpd_helo_restrictions = reject_invalid_helo_hostname',
  *check({ assignments, lists, classes, parameters }) {
    const required = assignments.findLast(({ name }) => name === 'smtpd_helo_required');
    if (required?.value.text.toLowerCase() === 'yes') return;
    const list = lists.find((one) => one.list === 'helo');
    const check = flatItems(list?.items ?? [], classes).find(
      ({ restriction }) => restriction.reads.includes('helo_name') && restriction.yields.includes('reject'),
    );
    if (check === undefined) return;
    yield {
      message: `clients that say no HELO skip \`${check.token.text}\`: smtpd_helo_required is not \`yes\``,
      span: required?.span ?? parameters.value('smtpd_helo_restrictions').span(),
      help: 'write `smtpd_helo_required = yes`, here and in the main.cf of the Postfix that asks',
    };
  },
};
