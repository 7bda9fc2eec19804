/** What happens on policy sockets, as log lines and counts. */
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { errorText } from '../util/error-text.ts';
import type { PolicyServerEvents } from './policy-server-events.ts';
import type { WiringWatch } from './wiring-watch.ts';

/** @param failAction what was answered when there was no decision */
export function observedEvents(
  log: Log,
  metrics: Metrics,
  watch: WiringWatch,
  failAction: string,
): PolicyServerEvents {
  return {
    connectionOpened(peer) {
      metrics.increment('postward_connections_total');
      log.connection_opened({ peer });
    },
    connectionClosed(peer, reason, requests) {
      metrics.increment('postward_connections_closed_total', { reason });
      log.connection_closed({ peer, reason, requests });
    },
    connectionRefused(peer, limit) {
      metrics.increment('postward_connections_refused_total');
      log.connection_refused({ peer, limit });
    },
    protocolError(peer, { reason, detail }) {
      metrics.increment('postward_protocol_errors_total', { reason });
      log.protocol_error({ peer, reason, detail });
    },
    decisionTimedOut(_peer, { client_address, instance }, deadline_ms) {
      metrics.increment('postward_decision_failures_total', { reason: 'deadline' });
      log.decision_timed_out({ deadline_ms, action: failAction, client_address, instance });
    },
    decisionAbandoned(_peer, waitedMs) {
      metrics.increment('postward_decisions_abandoned_total');
      watch.noteHangUp(waitedMs);
    },
    decisionFailed(_peer, { client_address, instance }, error) {
      metrics.increment('postward_decision_failures_total', { reason: 'fault' });
      log.decision_failed({ error: errorText(error), action: failAction, client_address, instance });
    },
    acceptFailed(error) {
      log.accept_failed({ error: errorText(error) });
    },
  };
}
