/**
 * Answers the requests of one policy socket: decides, logs and counts the
 * decision, and says it in an access(5) action. All four read one Decision.
 */
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { RecentDecisions } from '../observe/recent-decisions.ts';
import type { PolicyRequest } from '../protocol/request.ts';
import type { Decider, Ruling } from '../snapshot/decider.ts';
import { isPromise } from '../util/promise-or-value.ts';
import { type ActionOptions, actionFor } from './action-encoder.ts';
import type { Decide } from './policy-connection.ts';
import type { WiringWatch } from './wiring-watch.ts';

export interface PolicyServiceOptions extends ActionOptions {
  readonly decider: Decider;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly watch: WiringWatch;
  readonly recent: RecentDecisions;
  /** True while no DNS server answers, which is logged once and not for every question. */
  readonly isDnsDown: () => boolean;
  /** The policy of this socket. */
  readonly policy: string;
}

/** Zones whose error answers are logged: each once, however many requests meet them. */
const MAX_ZONES_LOGGED = 1000;

export function policyService(options: PolicyServiceOptions): Decide {
  const { decider, log, metrics, watch, recent, isDnsDown, policy } = options;
  const noticed = new Set<string>();
  const waiting = metrics.gauge('postward_decisions_in_flight');

  const answer = (request: PolicyRequest, ruling: Ruling, started: number): string => {
    const { decision } = ruling;
    const durationMs = performance.now() - started;
    for (const { code, message, list, step } of decision.warnings) {
      if (code === 'reject_warning' || noticed.has(message) || noticed.size >= MAX_ZONES_LOGGED) continue;
      if (code === 'dns' && isDnsDown()) continue;
      if (code === 'dnsbl_error' || code === 'right_hand_side') noticed.add(message);
      log.decision_warning({ list, restriction: step.restriction, reason: message });
    }
    watch.note(ruling.policy, ruling.list, request);
    metrics.observeDecision(decision, ruling.policy, durationMs);
    const context = { policy: ruling.policy, snapshot: ruling.snapshotVersion, durationMs };
    recent.add(log.decision(decision, request, context), decision, request, context);
    return actionFor(ruling, options);
  };

  return (request, asker) => {
    const started = performance.now();
    const ruling = decider.decide(request, policy);
    if (!isPromise(ruling)) return answer(request, ruling, started);
    waiting.value += 1;
    return (
      ruling
        // What nobody is told was not decided: the log already says what was answered in its place.
        .then((late) => (asker.awaits(request) ? answer(request, late, started) : ''))
        .finally(() => {
          waiting.value -= 1;
        })
    );
  };
}
