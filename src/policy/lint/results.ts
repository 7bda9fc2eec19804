/**
 * What decides like the right-hand side of an access table: the entries of the
 * tables that a policy names, and what stands in for a policy server that is
 * down (default_action).
 */
import type { Span } from '../../language/source.ts';
import { readPolicyServiceOptions } from '../../restrictions/policy-service-options.ts';
import type { LintContext } from './lint-rule.ts';
import { everyItem, type RestrictionItem } from './restriction-list.ts';

export interface Result {
  readonly value: string;
  readonly span: Span;
  /** The table it is an entry of, or the name of the parameter or option. */
  readonly origin: string;
  /** Whom it is about, for sentences. */
  readonly whom: string;
  /** A pattern puts text into it when mail comes. */
  readonly isTemplate: boolean;
}

const PARAMETER = 'smtpd_policy_service_default_action';

export function* results(context: LintContext): Generator<Result> {
  for (const { spec, matching, rows } of context.accessTables) {
    for (const { value, valueSpan } of rows) {
      const isTemplate = matching === 'pattern' && value.includes('$');
      yield { value, span: valueSpan, origin: spec, whom: 'who is found here', isTemplate };
    }
  }
  const common = context.parameters.value(PARAMETER);
  const stand = { whom: 'every client, while the policy server is down,', isTemplate: false };
  if (context.parameters.isSet(PARAMETER)) {
    yield { value: common.text, span: common.span(), origin: PARAMETER, ...stand };
  }
  for (const { item } of everyItem(context)) {
    const value = defaultAction(item, context);
    if (value === undefined || value === common.text || item.argument === undefined) continue;
    yield { value, span: item.argument.span, origin: 'default_action', ...stand };
  }
}

/** What holds when the server of a check_policy_service is down; undefined: it is none, or has a mistake. */
export function defaultAction(
  { restriction, argument }: RestrictionItem,
  { parameters }: LintContext,
): string | undefined {
  if (restriction.argument !== 'service' || argument === undefined) return undefined;
  const use = { argument: argument.text, span: argument.span };
  return readPolicyServiceOptions(use, { parameters, report: () => {} })?.defaultAction;
}
