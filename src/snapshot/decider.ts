/**
 * From a request to a decision: pins the snapshot, finds the policy and the
 * lists that the request asks for, and evaluates them. The daemon, `explain`
 * and the API all decide here.
 */
import type { DnsblHealth } from '../dns/dnsbl-health.ts';
import type { Resolver } from '../dns/resolver.ts';
import type { Decision } from '../engine/decision.ts';
import { DEFAULT_LOOKAHEAD, evaluate } from '../engine/evaluate.ts';
import { Evaluation } from '../engine/evaluation.ts';
import type { ListName } from '../engine/step.ts';
import type { PolicyRequest } from '../protocol/request.ts';
import { isPromise, type PromiseOrValue } from '../util/promise-or-value.ts';
import { parsePolicyContext } from './policy-context.ts';
import type { Snapshot } from './snapshot.ts';

export interface Ruling {
  readonly decision: Decision;
  readonly policy: string;
  /** The list asked alone; undefined: all that smtpd would run. */
  readonly list: ListName | undefined;
  readonly snapshotVersion: number;
  /** The policy's access_map_defer_code. */
  readonly accessMapDeferCode: number;
}

export interface DeciderOptions {
  /** The snapshot in force at the time of the call. */
  readonly snapshot: () => Snapshot;
  readonly resolver: Resolver;
  /** What is known of the DNSBLs; undefined: each is asked as if it were well. */
  readonly dnsbl?: DnsblHealth;
  /** How long a decision may wait for DNSBLs, all of them together. */
  readonly dnsblBudgetMs?: number;
  /** DNS names asked ahead of time; 0: none. */
  readonly lookahead?: number;
  /** Told each time a policy_context names nothing that there is. */
  readonly onUnknownContext?: (context: string, policy: string) => void;
}

export class Decider {
  readonly #options: DeciderOptions;
  readonly #evaluateOptions: { readonly lookahead: number };

  constructor(options: DeciderOptions) {
    this.#options = options;
    this.#evaluateOptions = { lookahead: options.lookahead ?? DEFAULT_LOOKAHEAD };
  }

  /**
   * @param socketPolicy the default policy of the socket that was asked
   * @throws if the socket's policy is gone, or on a bug in a restriction
   */
  decide(request: PolicyRequest, socketPolicy: string, isTracing = false): PromiseOrValue<Ruling> {
    const snapshot = this.#options.snapshot();
    const context = parsePolicyContext(request.policy_context, socketPolicy, snapshot.policies);
    if (!context.isKnown) this.#options.onUnknownContext?.(request.policy_context, socketPolicy);
    const policy = snapshot.policies.get(context.policy);
    if (policy === undefined) throw new Error(`no policy is called ${context.policy}`);

    const { resolver, dnsbl, dnsblBudgetMs } = this.#options;
    const { replyFilter } = policy;
    const evaluation = new Evaluation(request, { resolver, isTracing, dnsbl, dnsblBudgetMs, replyFilter });
    const plan = policy.plan(request, context.list);
    const ruling = (decision: Decision): Ruling => {
      // What is only explained was not answered.
      if (!isTracing) policy.note(request, decision.verdict);
      return {
        decision,
        policy: policy.name,
        list: context.list,
        snapshotVersion: snapshot.version,
        accessMapDeferCode: policy.accessMapDeferCode,
      };
    };
    snapshot.pin();
    let decision: PromiseOrValue<Decision>;
    try {
      decision = evaluate(plan, evaluation, this.#evaluateOptions);
    } catch (error) {
      snapshot.unpin();
      throw error;
    }
    if (isPromise(decision)) return decision.then(ruling).finally(() => snapshot.unpin());
    snapshot.unpin();
    return ruling(decision);
  }
}
