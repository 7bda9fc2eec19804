/**
 * A check_policy_service of a Postfix configuration: which list asks, whom,
 * and how. Found where a list or a class names it; one that an access table
 * names is not seen.
 */
import type { ListName } from '../engine/step.ts';
import type { ServiceEndpoint } from '../net/service-endpoint.ts';
import { flatItems } from '../policy/lint/restriction-list.ts';
import { readPolicyServiceOptions } from '../restrictions/policy-service-options.ts';
import type { PostfixService } from './postfix-config.ts';

export interface Question {
  readonly list: ListName;
  readonly endpoint: ServiceEndpoint;
  /** `inet:127.0.0.1:10040` */
  readonly server: string;
  readonly timeoutSeconds: number;
  readonly maxIdleSeconds: number;
  readonly defaultAction: string;
  readonly policyContext: string;
  /** True when something before it in its list refuses relaying. */
  readonly isBehindGuard: boolean;
  /** It follows warn_if_reject: what it says is only logged. */
  readonly isWarned: boolean;
}

/** Restrictions that refuse to relay (smtpd(8) does not start without one). */
export const RELAY_GUARDS: readonly string[] = [
  'reject_unauth_destination',
  'defer_unauth_destination',
  'check_relay_domains',
  'reject',
  'defer',
];

/** In the order in which smtpd comes to them. */
export function questionsOf({ examined }: PostfixService): Question[] {
  const { lists, classes, parameters } = examined;
  const questions: Question[] = [];
  for (const { list, items } of lists) {
    if (list === undefined) continue;
    let isBehindGuard = false;
    for (const item of flatItems(items, classes)) {
      const { restriction, argument, isWarned } = item;
      if (RELAY_GUARDS.includes(restriction.name) && !isWarned) isBehindGuard = true;
      if (restriction.name !== 'check_policy_service' || argument === undefined) continue;
      // What is wrong with it has been reported by smtpd, which does not start with it.
      const options = readPolicyServiceOptions(
        { argument: argument.text, span: argument.span },
        { parameters, report: () => {} },
      );
      if (options === undefined) continue;
      const { endpoint, timeoutSeconds, maxIdleSeconds } = options.settings;
      questions.push({
        list,
        endpoint,
        server: options.name,
        timeoutSeconds,
        maxIdleSeconds,
        defaultAction: options.defaultAction,
        policyContext: options.policyContext,
        isBehindGuard,
        isWarned,
      });
    }
  }
  return questions;
}
