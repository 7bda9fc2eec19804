/** Policy servers that are asked before relaying is refused. */
import { parseAction } from '../../../access/action.ts';
import { quote } from '../../../language/quote.ts';
import type { LintRule } from '../lint-rule.ts';
import { dangersBeforeGuard } from '../relay-guard.ts';
import { defaultAction } from '../results.ts';

export const serviceBeforeRelayGuard: LintRule = {
  code: 'service-before-relay-guard',
  severity: 'warning',
  summary: 'check_policy_service before reject_unauth_destination.',
  reason:
    'An OK of the server, or a default_action that permits, ends the list, and with it the refusal to relay (SMTPD_POLICY_README: "or else your system can become an open relay").',
  example:
    'smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:10023, reject_unauth_destination',
  *check(context) {
    const dangers = dangersBeforeGuard(
      context,
      ({ restriction }) => restriction.name === 'check_policy_service',
    );
    for (const { list, item, span } of dangers) {
      const action = defaultAction(item, context) ?? '';
      yield {
        message: permits(action)
          ? `default_action ${quote(action)} lets every client relay while the policy server is down: ${list.parameter} asks it before it refuses relaying`
          : `the policy server lets clients relay by an OK: ${list.parameter} asks it before it refuses relaying`,
        span,
        help: permits(action)
          ? 'write `default_action=DUNNO`, and `check_policy_service` behind `reject_unauth_destination`'
          : 'write `check_policy_service` behind `reject_unauth_destination`',
      };
    }
  },
};

function permits(action: string): boolean {
  return parseAction(action).kind === 'permit' || /^permit\b/i.test(action);
}
