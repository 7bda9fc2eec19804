/**
 * check_policy_service: another policy server decides, by an access(5) action
 * (SMTPD_POLICY_README). It is asked with all that Postfix told us. If it gives
 * no answer, default_action holds.
 *
 * Postfix waits as long as the parameters say, 201 seconds by default. We have
 * to answer Postfix in our turn, so all such questions of one request share
 * MAX_TOTAL_MS; what is not answered by then is not asked again.
 */
import { ServiceFailure } from '../chain/policy-answer.ts';
import { encodePolicyQuery } from '../chain/policy-query.ts';
import type { Evaluation } from '../engine/evaluation.ts';
import { CONFIGURATION_ERROR, type Outcome } from '../engine/outcome.ts';
import type { Step } from '../engine/step.ts';
import { TableFailure } from '../tables/table.ts';
import { andThen } from '../util/promise-or-value.ts';
import { readPolicyServiceOptions } from './policy-service-options.ts';
import type { CompileContext, CompiledCheck, Restriction, RestrictionUse } from './restriction.ts';

/** Less than a decision may take (decision.deadline_seconds, 20 s), so that default_action comes first. */
const MAX_TOTAL_MS = 15_000;

/** For a default_action that itself asks a policy server, when that gives no answer either. */
const LAST_RESORT = '451 4.3.5 Server configuration problem';

export const POLICY_SERVICE: readonly Restriction[] = [
  {
    name: 'check_policy_service',
    aliases: [],
    argument: 'service',
    summary:
      'Ask another policy server, with all that Postfix told us; its action counts like the value of an access table.',
    // It passes all of them on and needs none.
    reads: [],
    yields: ['dunno', 'permit', 'reject', 'defer_if_permit', 'defer_if_reject', 'effect', 'evaluate'],
    io: ['service'],
    support: { level: 'works' },
    compile,
  },
];

function compile(use: RestrictionUse, context: CompileContext): CompiledCheck {
  const options = readPolicyServiceOptions(use, context);
  if (options === undefined) return { check: () => CONFIGURATION_ERROR };
  const { name, policyContext, defaultAction } = options;
  const source = `policy service ${name}`;
  const service = context.policyServices.open(options.settings);
  if (service === undefined) {
    context.report({
      severity: 'error',
      code: 'service-not-in-force',
      message: `no policy in force asks \`${name}\` in this way`,
      span: use.span,
      help: 'a candidate may ask the policy servers of the policies in force, with the same settings',
    });
    return { check: () => CONFIGURATION_ERROR };
  }
  const isUtf8Only = context.parameters.boolean('smtputf8_enable');

  const apply = (e: Evaluation, action: string): Outcome =>
    context.accessResults.apply(e, source, action, e.subject, 'permit');
  const failed = (e: Evaluation, reason: string, isStandIn: boolean): Outcome => {
    e.warn('policy_service', `${source}: ${reason}`);
    e.noteLookup(name, e.request.protocol_state, new TableFailure(reason));
    const outcome = apply(e, isStandIn ? LAST_RESORT : defaultAction);
    return standingIn(outcome);
  };

  return {
    check: (e) => {
      const { isStandIn, deadlineMs } = shared(e);
      const query = encodePolicyQuery(e.request, policyContext);
      return service.ask(query, deadlineMs).then((answer) => {
        if (answer instanceof ServiceFailure) return failed(e, answer.reason, isStandIn);
        if (isUtf8Only && !answer.isUtf8) return failed(e, 'its answer is not UTF-8', isStandIn);
        e.noteLookup(name, e.request.protocol_state, answer.action);
        return apply(e, answer.action);
      });
    },
  };
}

/** What these checks share within one request. */
interface Shared {
  readonly deadlineMs: number;
  /** True while a step of a default_action begins. */
  isStandIn: boolean;
}

const SHARED = {};

function shared(e: Evaluation): Shared {
  return e.once(SHARED, () => ({ deadlineMs: performance.now() + MAX_TOTAL_MS, isStandIn: false }));
}

/**
 * The same outcome of a default_action; if it is a list, its steps know that
 * they are part of one, so that a service which is down cannot stand in for
 * another, that for the first, and so on.
 */
function standingIn(outcome: Outcome): Outcome {
  if (outcome.kind !== 'evaluate') return outcome;
  const { steps } = outcome.program;
  return { ...outcome, program: { steps: steps.map(asStandIn) } };
}

function asStandIn(step: Step): Step {
  return {
    ...step,
    check: (e) => {
      const state = shared(e);
      state.isStandIn = true;
      const outcome = step.check(e);
      state.isStandIn = false;
      return andThen(outcome, standingIn);
    },
  };
}
